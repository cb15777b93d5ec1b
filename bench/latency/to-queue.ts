import type { Bench } from '../harness/bench.ts'
import { compare, type Comparison, type Sample } from '../harness/compare.ts'
import type { Peer } from '../harness/peer.ts'
import type { FakeSqs } from '../sqs/fake-sqs.ts'
import { type Party, runParty, startParty } from '../sqs/party.ts'

const INSTANCES = 50
/** Milliseconds that are added to each answer: no request to SQS takes less. */
const DELAY_MS = 10

/** Ours, durable first, beside one bare SendMessage for each event: at the same rate, and each at half of what it can. */
export async function toQueue(bench: Bench): Promise<Comparison[]> {
  const [rounds, runMs, warmUpMs] = bench.quick ? [2, 500, 700] : [5, 3_000, 2_500]
  const sqs = bench.start<FakeSqs>(new URL('../sqs/fake-sqs.ts', import.meta.url))
  await sqs.call('listen')
  const ours = await startParty(bench, sqs, { name: 'ours', module: 'ours.ts', instances: INSTANCES })
  const bare = await startParty(bench, sqs, { name: 'SendMessage', module: 'bare-single.ts', instances: INSTANCES })
  const half = async (party: Party): Promise<number> => {
    await runParty(sqs, party, { ms: warmUpMs, delayMs: DELAY_MS })
    const { 'events/s': rate = 0 } = await runParty(sqs, party, { ms: warmUpMs / 2, delayMs: DELAY_MS })
    return rate / 2
  }
  const [oursHalf, bareHalf] = [await half(ours), await half(bare)]
  const side = (party: Party, rate: number) => ({ name: party.name, run: () => paced(sqs, party, { rate, ms: runMs }) })
  const comparisons = [
    await compare('to a queue 10 ms away, both at half of what SendMessage can', rounds, [
      side(ours, bareHalf),
      side(bare, bareHalf)
    ]),
    await compare('to a queue 10 ms away, each at half of what it can', rounds, [
      side(ours, oursHalf),
      side(bare, bareHalf)
    ])
  ]
  await Promise.all([sqs, ours.sender, bare.sender].map((peer) => peer.close()))
  return comparisons
}

async function paced(
  sqs: Peer<FakeSqs>,
  { name, sender, number }: Party,
  { rate, ms }: { rate: number; ms: number }
): Promise<Sample> {
  await sqs.call('begin', { sender: number, delayMs: DELAY_MS })
  const begun = performance.now()
  const count = await sender.call('pace', rate, ms)
  await sqs.call('until', count)
  const seconds = (performance.now() - begun) / 1_000
  await sender.call('settled')
  const { received } = await sqs.call('check')
  if (received !== count) throw new Error(`${name}: ${count} events were published, ${received} came`)
  const { p50, p99, p999 } = await sqs.call('latencies')
  return { 'events/s': count / seconds, 'p50 ms': p50, 'p99 ms': p99, 'p99.9 ms': p999 }
}
