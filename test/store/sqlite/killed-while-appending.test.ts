import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { SqliteStore } from '../../../lib/store/sqlite/store.ts'
import { folder } from '../../support/build.ts'

t.test('events whose append resolved are there after kill -9', async (t) => {
  const path = join(folder(t), 'events.db')
  const program = fileURLToPath(new URL('./append-until-killed.ts', import.meta.url))
  const child = spawn(process.execPath, [program, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => void child.kill('SIGKILL'))
  const exited = once(child, 'exit')
  const said: string[] = []
  for await (const line of createInterface(child.stdout)) {
    said.push(line)
    if (said.length === 200) child.kill('SIGKILL')
  }
  t.match(await exited, [null, 'SIGKILL'])
  t.ok(said.length >= 200, `${said.length} offsets were said`)

  const store = new SqliteStore({ path })
  t.after(() => store.close())
  const events = await store.log.read({ after: 0, limit: 1_000_000 })
  const kept = new Set(events.map(({ offset, id }) => `${offset} ${id}`))
  t.strictSame(
    said.filter((line) => !kept.has(line)),
    []
  )
  const lane = { queue: 'a', instanceKey: store.instances.require('sales').key }
  const pending = await store.deliveries.readLane(lane, { after: 0, limit: 1_000_000, maxBytes: Infinity })
  t.equal(pending.length, store.deliveries.pendingCount())
  const unacknowledged = events.filter((_, index) => index % 2 === 1).map(({ offset }) => offset)
  const offsets = new Set(pending.map(({ offset }) => offset))
  t.ok(
    unacknowledged.every((offset) => offsets.has(offset)),
    'with its deliveries'
  )
})
