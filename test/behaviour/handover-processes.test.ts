import t, { type Test } from 'tap'
import { API_KEY, folder } from '../support/build.ts'
import { checkQueues } from '../support/chaos.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { havePostgres, startDatabase } from '../support/postgres.ts'
import { numbers } from '../support/resuming.ts'
import { startSqs } from '../support/sqs.ts'
import { callsToSqs, call, startStandalone } from '../support/standalone.ts'
import { until } from '../support/until.ts'

// Each test has a database and servers of its own, and mostly waits.
t.jobs = 2

const INSTANCES = numbers(40).map((n) => `instance-${n}`)
const QUEUE = 'global_call.fifo'

interface Ending {
  signal: NodeJS.Signals
  title: string
  withinMs: number
}

/** A busy machine may take so many times as long: bench/cluster/handover.ts measures on an idle one. */
const SLACK = 2

// SIGTERM is last: its time is the shortest, and the fewest tests run beside it.
const ENDINGS: Ending[] = [
  { signal: 'SIGKILL', title: 'within 5 s another node sends the events of a node that was killed', withinMs: 5_000 },
  { signal: 'SIGSTOP', title: 'within 5 s another node sends the events of a node that hangs', withinMs: 5_000 },
  { signal: 'SIGTERM', title: 'within a second another node sends the events of a node that ends', withinMs: 1_000 }
]

/** Starts two nodes, each a process, and waits until each sends for half of the partitions. */
async function startPair(t: Test) {
  const [sqs, database] = await Promise.all([startSqs(t), startDatabase(t)])
  const start = async () => {
    const proxy = await startFaultProxy(t, sqs.options.endpoint)
    const env = callsToSqs({ database: database.url, endpoint: proxy.endpoint })
    return { ...(await startStandalone(t, { cwd: folder(t), env })), proxy }
  }
  const [one, two] = await Promise.all([start(), start()])
  await until(async () => {
    const shares = await Promise.all([one, two].map(async ({ url }) => (await fetch(`${url}/metrics`)).text()))
    return shares.every((text) => /^iev_node_partitions 128$/m.test(text))
  })
  return { sqs, one, two }
}

if (await havePostgres(t))
  for (const { signal, title, withinMs } of ENDINGS)
    t.test(title, async (t) => {
      const { sqs, one, two } = await startPair(t)
      /** The URLs of the nodes that sent for an instance, in the order of calls. */
      const senders = new Map<string, string[]>(INSTANCES.map((instance) => [instance, []]))
      for (const { proxy, url } of [one, two]) {
        proxy.decide = ({ action, body }) => {
          if (action === 'SendMessageBatch')
            for (const { MessageGroupId } of body.Entries as { MessageGroupId: string }[])
              senders.get(MessageGroupId)?.push(url)
          return undefined
        }
      }
      const post = (data: number) =>
        Promise.all(
          INSTANCES.map((instance) =>
            call(`${two.url}/events/${instance}`, { method: 'POST', key: API_KEY, body: { event: 'call', data } })
          )
        )
      await post(0)
      await until(() => sqs.depth(QUEUE) === INSTANCES.length)
      t.equal(new Set([...senders.values()].flat()).size, 2, 'both nodes send')

      const begun = performance.now()
      one.process.kill(signal)
      // Some of the instances belong to the other node.
      await post(1)
      await until(() => sqs.depth(QUEUE) === 2 * INSTANCES.length)
      const tookMs = performance.now() - begun
      t.ok(tookMs < withinMs * SLACK, `${signal}: ${Math.round(tookMs)} ms`)

      // The node resumes, and gets its share again.
      if (signal === 'SIGSTOP') one.process.kill('SIGCONT')
      await post(2)
      await until(() => sqs.depth(QUEUE) === 3 * INSTANCES.length)
      const sentByBoth = [...senders].filter(([, urls]) => urls.slice(urls.indexOf(two.url)).includes(one.url))
      if (signal !== 'SIGSTOP') t.same(sentByBoth, [], 'the node that has ended sends nothing after the other')
      checkQueues(t, sqs.server, { [QUEUE]: new Map(INSTANCES.map((instance) => [instance, [0, 1, 2]])) })
    })
