import { setTimeout as pause } from 'node:timers/promises'
import type { Bench } from '../harness/bench.ts'
import { compare, type Comparison, type Sample } from '../harness/compare.ts'
import type { Peer } from '../harness/peer.ts'
import type { FakeSqs } from '../sqs/fake-sqs.ts'
import { instanceNames } from '../sqs/sender.ts'
import type { Place } from './database.ts'
import type { SendingNode } from './sending-node.ts'

const INSTANCES = instanceNames(1_000)
const PACE = 1_000
/** Milliseconds that are added to each answer of SQS. */
const DELAY_MS = 10

/** Events that the other node sends, beside those that the accepting node sends. */
export async function toQueue(bench: Bench, place: Place): Promise<Comparison> {
  const [rounds, ms] = bench.quick ? [2, 500] : [5, 3_000]
  const sqs = bench.start<FakeSqs>(new URL('../sqs/fake-sqs.ts', import.meta.url))
  const endpoint = await sqs.call('listen')
  const sender = await sqs.call('open', { ordered: true })
  const start = async () => {
    const node = bench.start<SendingNode>(new URL('sending-node.ts', import.meta.url))
    await node.call('start', { ...place, endpoint })
    return node
  }
  const [one, two] = [await start(), await start()]
  while (!(await one.call('hasShare', 2)) || !(await two.call('hasShare', 2))) await pause(50)
  await one.call('create', INSTANCES)
  const side = (name: string, which: 'own' | 'other') => ({ name, run: () => paced({ one, sqs, sender }, which, ms) })
  const sides = [side('another node', 'other'), side('the same node', 'own')]
  for (const { run } of sides) await run()
  const comparison = await compare(`to a queue, sent by another node, ${PACE} events/s`, rounds, sides)
  await Promise.all([one, two, sqs].map((peer) => peer.close()))
  return comparison
}

interface Parties {
  one: Peer<SendingNode>
  sqs: Peer<FakeSqs>
  sender: number
}

async function paced({ one, sqs, sender }: Parties, which: 'own' | 'other', ms: number): Promise<Sample> {
  await sqs.call('begin', { sender, delayMs: DELAY_MS })
  const count = await one.call('pace', which, PACE, ms)
  await sqs.call('until', count)
  const { received } = await sqs.call('check')
  if (received !== count) throw new Error(`${count} events were published, ${received} came`)
  const { p50, p99 } = await sqs.call('latencies')
  return { 'p50 ms': p50, 'p99 ms': p99 }
}
