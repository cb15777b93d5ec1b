import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { readKnownQueues } from '../../lib/store/read-known-queues.ts'
import { folder } from '../support/build.ts'
import { openSqlite } from '../support/sqlite-store.ts'

const SERVICE = 'https://sqs.example'
const FIRST = { name: 'a.fifo', service: SERVICE, url: `${SERVICE}/1/a.fifo`, maxBytes: 1_024 }

t.test('the queues of a service are read from a file by name', async (t) => {
  const { store, path } = openSqlite(t)
  const other = 'https://other.example'
  for (const queue of [
    { ...FIRST, name: 'c.fifo' },
    FIRST,
    { ...FIRST, name: 'b.fifo' },
    { ...FIRST, name: 'd.fifo', service: other }
  ])
    await store.queues.keep(queue)
  await store.close()
  const found = await readKnownQueues('file:events.db', { folder: dirname(path), service: SERVICE, limit: 2 })
  t.strictSame(found, [
    { name: 'a.fifo', url: FIRST.url },
    { name: 'b.fifo', url: FIRST.url }
  ])
})

t.test('a file of a release that kept no queues has none', async (t) => {
  const path = join(folder(t), 'events.db')
  const db = new DatabaseSync(path)
  db.exec('CREATE TABLE events ("offset" INTEGER PRIMARY KEY)')
  db.close()
  t.same(await readKnownQueues(`file:${path}`, { folder: '.', service: SERVICE, limit: 2 }), [])
})

t.test('without a file no queues are known, and no file is made', async (t) => {
  const path = join(folder(t), 'events.db')
  t.same(await readKnownQueues(`file:${path}`, { folder: '.', service: SERVICE, limit: 2 }), [])
  t.notOk(existsSync(path))
})
