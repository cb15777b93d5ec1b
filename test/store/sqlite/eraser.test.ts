import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import type { SqliteStore } from '../../../lib/store/sqlite/store.ts'
import { newEvent } from '../../support/new-event.ts'
import { openSqlite } from '../../support/sqlite-store.ts'

const SECRET = '5511987654321@s.whatsapp.net'

/** The files of a database that contain a text. */
function filesWith(path: string, text: string): string[] {
  const folder = dirname(path)
  return readdirSync(folder).filter((name) => readFileSync(join(folder, name)).includes(text))
}

/** Events of many sizes: within a page, on pages of their own, and with many of them. Two of three have the secret. */
async function fill(store: SqliteStore): Promise<void> {
  for (let n = 0; n < 300; n++) {
    const text = n % 3 ? SECRET : 'others stay'
    const data = JSON.stringify([text, '-'.repeat([10, 900, 3_000, 9_000, 90_000][n % 5] as number), text])
    await store.log.append([newEvent({ data, envelope: `"sender":"${text}"`, extra: `"more":"${text}"` })])
  }
}

t.test('nothing of an erased event is left in the files once they are closed, and others are whole', async (t) => {
  const { path, store, reopen } = openSqlite(t)
  await fill(store)
  t.strictSame(filesWith(path, SECRET).sort(), ['events.db', 'events.db-wal'])
  const all = await store.log.read({ after: 0, limit: 1_000 })
  const secret = all.filter(({ data }) => data.includes(SECRET))
  for (let at = 0; at < secret.length; at += 70) await store.log.erase(secret.slice(at, at + 70))
  await store.close()
  t.strictSame(filesWith(path, SECRET), [])
  t.strictSame(readdirSync(dirname(path)), ['events.db'])
  const kept = await (await reopen()).log.read({ after: 0, limit: 1_000 })
  t.equal(kept.length, 300)
  t.strictSame(
    kept.filter(({ data }) => data !== 'null'),
    all.filter(({ data }) => !data.includes(SECRET))
  )
})

t.test(
  'what is written later overwrites the write-ahead log, which then has nothing of an erased event either',
  async (t) => {
    const { path, store } = openSqlite(t)
    await store.log.append([newEvent({ data: JSON.stringify(SECRET) })])
    const [event] = await store.log.read({ after: 0, limit: 1 })
    await store.log.erase([event!])
    const more = JSON.stringify('-'.repeat(300_000))
    for (let n = 0; n < 12; n++) await store.log.append([newEvent({ data: more })])
    t.strictSame(filesWith(path, SECRET), [])
  }
)

t.test('deliveries of other instances do not count', async (t) => {
  const { store } = openSqlite(t)
  await store.log.append([newEvent({ queues: ['a'] }), newEvent({ instance: 'other', queues: ['a', 'b'] })])
  const [first] = await store.log.read({ after: 0, limit: 1 })
  t.strictSame(await store.log.erase([first!]), [{ offset: 1, pending: 1, deadLetters: 0 }])
})
