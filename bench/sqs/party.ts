import type { Bench } from '../harness/bench.ts'
import type { Sample } from '../harness/compare.ts'
import type { Peer } from '../harness/peer.ts'
import type { FakeSqs } from './fake-sqs.ts'
import { instanceNames, type Sender } from './sender.ts'

export interface PartyOptions {
  name: string
  module: 'ours.ts' | 'bare-batch.ts' | 'bare-single.ts'
  instances: number
  ownQueues?: boolean
}

/** A process that sends, and is compared with others. */
export interface Party {
  name: string
  sender: Peer<Sender>
  /** Of the sender, at the other end. */
  number: number
}

export async function startParty(bench: Bench, sqs: Peer<FakeSqs>, options: PartyOptions): Promise<Party> {
  const { name, module, instances, ownQueues = false } = options
  const sender = bench.start<Sender>(new URL(module, import.meta.url))
  await sender.call('start', {
    endpoint: await sqs.call('endpoint'),
    folder: bench.folder(),
    instances: instanceNames(instances),
    ownQueues
  })
  return { name, sender, number: await sqs.call('open', { ordered: module !== 'bare-single.ts' }) }
}

export interface RunOptions {
  ms: number
  /** Milliseconds that each answer of SQS takes on top. */
  delayMs: number
  /** Calls at once, for senders that do not choose it themselves. */
  concurrency?: number
}

/** Sends as fast as possible, and checks that all published events arrive. */
export async function runParty(sqs: Peer<FakeSqs>, party: Party, options: RunOptions): Promise<Sample> {
  const { name, sender, number } = party
  const { ms, delayMs, concurrency = 1 } = options
  await sqs.call('begin', { sender: number, delayMs })
  const cpuBefore = await sender.cpu()
  const begun = performance.now()
  const count = await sender.call('run', ms, concurrency)
  await sqs.call('until', count)
  const seconds = (performance.now() - begun) / 1_000
  await sender.call('settled')
  const cpu = (await sender.cpu()) - cpuBefore
  const { received, calls } = await sqs.call('check')
  if (received !== count) throw new Error(`${name}: ${count} events were published, ${received} came`)
  return { 'events/s': count / seconds, 'CPU µs/event': cpu / count, 'events/call': count / calls }
}
