import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { API_KEY, listen } from '../support/build.ts'
import { LONG } from '../support/chaos.ts'
import { cutOffs } from '../support/slowness.ts'
import { soon, until as untilSo } from '../support/until.ts'

const CLIENTS = LONG ? 500 : 50
const STALLED = LONG ? 20 : 4
/** The buffers of the system hold some megabytes for each client before ours are used. */
const EVENTS = LONG ? 600 : 100
const BYTES = LONG ? 16_384 : 131_072
const EVERY_MS = LONG ? 60 : 20
/** Rounds alternate without and with stalled clients, so that other load on the machine affects both. */
const ROUNDS = LONG ? 3 : 1
const MAX_BUFFERED_BYTES = 1_048_576

interface Report {
  /** The different numbers of events that clients received: one, if all received as many. */
  counts: number[]
  p99: number
}

/** Starts clients in another process; the report is about those that read. */
async function start(t: Test, { url, stalled }: { url: string; stalled: number }) {
  const script = fileURLToPath(new URL('listening-clients.ts', import.meta.url))
  const child = spawn(process.execPath, [script, url, API_KEY, String(CLIENTS), String(stalled)], {
    stdio: ['pipe', 'pipe', 'inherit']
  })
  t.after(() => child.kill('SIGKILL'))
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  await soon(lines.next(), 'a line of the clients')
  const report = async () => {
    child.stdin.write('report\n')
    return JSON.parse(String((await soon(lines.next(), 'a line of the clients')).value)) as Report
  }
  /** Resolves when each client that reads has received this many events. */
  const until = async (count: number) => {
    child.stdin.write(`until ${count}\n`)
    await soon(lines.next(), 'a line of the clients')
  }
  return { report, until, stop: () => child.kill('SIGKILL') }
}

t.test(
  `of ${CLIENTS} clients ${STALLED} stop reading and are cut off, and the others receive everything`,
  { timeout: 600_000 },
  async (t) => {
    const { app, url } = await listen(t, { sqs: false, websocket: { maxBufferedBytes: MAX_BUFFERED_BYTES } })
    await app.websocket.set('sales', { enabled: true })
    const text = 'x'.repeat(BYTES)
    const run = async (stalled: number) => {
      const { report, until, stop } = await start(t, { url, stalled })
      const rssBefore = process.memoryUsage.rss()
      let rss = 0
      for (let n = 0; n < EVENTS; n++) {
        const sent = performance.timeOrigin + performance.now()
        await app.onInstanceEvent({ instance: 'sales', event: 'call', data: { sent, text } })
        rss = Math.max(rss, process.memoryUsage.rss())
        // On a busy machine a client that reads must not become slow.
        await Promise.all([until(n + 1), pause(EVERY_MS)])
      }
      const { counts, p99 } = await report()
      const cut = await cutOffs(app)
      stop()
      await untilSo(() => app.websocket.connected === 0)
      return { counts, p99, rssMiB: (rss - rssBefore) / 1_048_576, cut }
    }
    const without: Awaited<ReturnType<typeof run>>[] = []
    const withStalled: typeof without = []
    for (let round = 1; round <= ROUNDS; round++) {
      const [quiet, slow] = [await run(0), await run(STALLED)]
      t.comment(JSON.stringify({ quiet, slow }))
      t.strictSame([quiet.counts, slow.counts], [[EVENTS], [EVENTS]], 'all clients that read received everything')
      t.equal(quiet.cut, STALLED * (round - 1))
      t.equal(slow.cut, STALLED * round)
      without.push(quiet)
      withStalled.push(slow)
    }
    if (!LONG) return
    const least = (runs: typeof without, of: 'p99' | 'rssMiB') => Math.min(...runs.map((each) => each[of]))
    const [quiet, slow] = [least(without, 'p99'), least(withStalled, 'p99')]
    t.ok(slow <= Math.max(quiet * 1.5, quiet + 20), `p99 of the others: ${quiet} and ${slow} ms`)
    const grown = least(withStalled, 'rssMiB') - least(without, 'rssMiB')
    t.ok(grown <= (STALLED * MAX_BUFFERED_BYTES) / 1_048_576 + 64, `${grown} MiB more`)
  }
)
