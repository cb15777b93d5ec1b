import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { API_KEY, listen } from '../support/build.ts'
import { LONG } from '../support/chaos.ts'
import { cutOffs } from '../support/slowness.ts'

const CLIENTS = LONG ? 500 : 50
const STALLED = LONG ? 20 : 4
/** What the system's buffers take comes before what ours hold: some megabytes for each client. */
const EVENTS = LONG ? 1_000 : 100
const BYTES = LONG ? 16_384 : 131_072
const EVERY_MS = LONG ? 50 : 20
const MAX_BUFFERED_BYTES = 1_048_576

interface Report {
  /** How many events each got, without repeats. */
  counts: number[]
  p99: number
}

/** Clients in another process; `report` tells of those that read. */
async function start(t: Test, { url, stalled }: { url: string; stalled: number }) {
  const script = fileURLToPath(new URL('listening-clients.ts', import.meta.url))
  const child = spawn(process.execPath, [script, url, API_KEY, String(CLIENTS), String(stalled)], {
    stdio: ['pipe', 'pipe', 'inherit']
  })
  t.after(() => child.kill('SIGKILL'))
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  await lines.next()
  const report = async () => {
    child.stdin.write('report\n')
    return JSON.parse(String((await lines.next()).value)) as Report
  }
  return { report, stop: () => child.kill('SIGKILL') }
}

t.test(
  `${CLIENTS} clients, ${STALLED} of which stop reading: the others notice nothing, and memory stays bounded`,
  { timeout: 600_000 },
  async (t) => {
    const { app, url } = await listen(t, { sqs: false, websocket: { maxBufferedBytes: MAX_BUFFERED_BYTES } })
    await app.websocket.set('sales', { enabled: true })
    const text = 'x'.repeat(BYTES)
    const run = async (stalled: number) => {
      const { report, stop } = await start(t, { url, stalled })
      const rssBefore = process.memoryUsage.rss()
      let rss = 0
      for (let n = 0; n < EVENTS; n++) {
        const sent = performance.timeOrigin + performance.now()
        await app.onInstanceEvent({ instance: 'sales', event: 'call', data: { sent, text } })
        rss = Math.max(rss, process.memoryUsage.rss())
        await pause(EVERY_MS)
      }
      // What is on its way to those that read is there by then.
      await pause(1_000)
      const { counts, p99 } = await report()
      const cut = await cutOffs(app)
      stop()
      while (app.websocket.connected > 0) await pause(10)
      return { counts, p99, rssMiB: (rss - rssBefore) / 1_048_576, cut }
    }
    const without = await run(0)
    const withStalled = await run(STALLED)
    t.comment(JSON.stringify({ without, withStalled }))
    t.strictSame([without.counts, withStalled.counts], [[EVENTS], [EVENTS]], 'all that read got everything')
    t.equal(without.cut, 0)
    t.equal(withStalled.cut, STALLED)
    if (!LONG) return
    t.ok(withStalled.p99 <= Math.max(without.p99 * 1.5, without.p99 + 20), 'p99 of the others')
    t.ok(withStalled.rssMiB - without.rssMiB <= (STALLED * MAX_BUFFERED_BYTES) / 1_048_576 + 64, 'memory')
  }
)
