import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { listen } from '../support/build.ts'
import { LONG, random, seed } from '../support/chaos.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { openNode } from '../support/postgres.ts'
import { startPostgresServer } from '../support/postgres-server.ts'
import { startStandby } from '../support/postgres-standby.ts'
import { numbers } from '../support/resuming.ts'
import { returningClient } from '../support/returning-client.ts'
import { startSqs } from '../support/sqs.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

const INSTANCES = numbers(8).map((n) => `instance-${n}`)

async function failover(t: Test): Promise<void> {
  const next = random(seed(t))
  const primary = await startPostgresServer(t)
  if (!primary) {
    t.comment('skipped: PostgreSQL is not installed')
    return
  }
  const sqs = await startSqs(t)
  const calls = await startFaultProxy(t, sqs.options.endpoint)
  // Some calls take long, so that they return after the failover.
  calls.decide = async ({ action }) => {
    if (action === 'SendMessageBatch' && next() < 0.2) await pause(next() * 3_000)
    return undefined
  }
  const proxy = await startTcpProxy(t, primary.url)
  const url = new URL(primary.url)
  url.host = new URL(proxy.url).host
  const node = async () => {
    const store = await openNode(t, { url: url.href, schema: 'log' }, { retryMs: 200 })
    const options = { ...sqs.options, endpoint: calls.endpoint, global: { events: ['CALL'] } }
    return listen(t, { sqs: options, eventLog: { store } })
  }
  const nodes = [await node(), await node()] as const
  for (const name of INSTANCES) await nodes[0].app.websocket.set(name, { enabled: true })
  const clients = INSTANCES.map((name, n) => returningClient(t, `${nodes[n % 2]!.url}/${name}`))
  const standby = await startStandby(t, primary)

  let n = 0
  const load = async (ms: number) => {
    for (const end = performance.now() + ms; performance.now() < end; await pause(next() * 10)) {
      const instance = INSTANCES[n % INSTANCES.length] as string
      const events = numbers(1 + Math.floor(next() * 10)).map(() => ({ instance, event: 'call', data: ++n }))
      await nodes[n % 2]!.app.eventLog.accept(events).catch(() => {})
    }
  }
  await load(3_000)
  await standby.catchUp()
  await standby.fallBehind()
  await load(1_500)
  const { log, deliveries } = nodes[0].app.eventLog.store
  const { id, head: lost } = await log.range()
  await standby.promote()
  proxy.target = standby.url
  proxy.drop(() => true)
  await load(3_000)
  calls.decide = () => undefined
  await until(() =>
    nodes[0].app.eventLog.accept({ instance: 'instance-1', event: 'call', data: 0 }).then(Boolean, () => false)
  )

  const { upTo } = await log.commonWith(id)
  t.comment(`${lost - upTo} of ${lost} events were lost`)
  t.ok(upTo < lost)
  const logged = await log.read({ after: 0, limit: 1_000_000 })
  await until(() => deliveries.pendingCount() === 0)
  const sent = new Set(
    (sqs.server.inspectQueue('global_call.fifo')?.messages.ready ?? []).map(
      ({ body }) => (JSON.parse(body) as { id: string }).id
    )
  )
  t.strictSame(
    logged.filter((event) => !sent.has(event.id)),
    [],
    'the queue has every event of the log'
  )
  for (const [index, { events, offset, wrong, losses }] of clients.entries()) {
    const own = logged.filter(({ instance }) => instance === INSTANCES[index]).map((event) => [event.offset, event.id])
    const { head } = await log.range()
    await until(() => offset() !== undefined && (offset() as number) <= head && events.size === own.length)
    t.strictSame([...events], own)
    t.strictSame(wrong, [])
    t.equal(losses.length, 1)
  }
}

if (LONG)
  t.test(
    'every event of a log that has lost its end by a failover is sent, whatever is under way for those that were lost',
    { timeout: 120_000 },
    failover
  )
else t.comment('skipped: only in the long form')
