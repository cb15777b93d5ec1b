import type { Bench } from '../harness/bench.ts'
import { compare, type Comparison, type Sample } from '../harness/compare.ts'
import type { Peer } from '../harness/peer.ts'
import type { FakeSqs } from './fake-sqs.ts'
import { type Party, runParty, startParty } from './party.ts'

/** Calls at once that the bare SDK is tried with. */
const CONCURRENCIES = [4, 8, 16, 32]
/** Milliseconds that are added to each answer: none, and about those of a request to SQS inside AWS. */
const DELAYS_MS = [0, 10]

/** Events as fast as they can be sent to queues: ours, the SDK with full batches at its best, the SDK event by event. */
export async function throughput(bench: Bench, sqs: Peer<FakeSqs>): Promise<Comparison[]> {
  const many = { instances: 50 }
  const one = { instances: 1 }
  const start = (name: string, module: 'ours.ts' | 'bare-batch.ts' | 'bare-single.ts', options: object) =>
    startParty(bench, sqs, { name, module, ...many, ...options })
  const batch = await start('SendMessageBatch', 'bare-batch.ts', many)
  const single = await start('SendMessage', 'bare-single.ts', many)
  const shared = await start('ours', 'ours.ts', many)
  const own = await start('ours', 'ours.ts', { ...many, ownQueues: true })
  const hot = await start('ours', 'ours.ts', one)
  // The events of an instance stay in order only with one call at a time.
  const hotBatch = await start('SendMessageBatch in order', 'bare-batch.ts', one)

  const [rounds, runMs, warmUpMs] = bench.quick ? [2, 150, 150] : [7, 1_000, 2_000]
  const comparisons: Comparison[] = []
  for (const delayMs of DELAYS_MS) {
    for (const party of [shared, own, single, hot, hotBatch]) await runParty(sqs, party, { ms: warmUpMs, delayMs })
    const concurrency = await bestConcurrency((concurrency) =>
      runParty(sqs, batch, { ms: warmUpMs / 2, delayMs, concurrency })
    )
    const side = (party: Party) => ({
      name: party === batch ? `${party.name}, ${concurrency} at once` : party.name,
      run: () => runParty(sqs, party, { ms: runMs, delayMs, concurrency: party === batch ? concurrency : 1 })
    })
    const away = delayMs > 0 ? `, ${delayMs} ms away` : ''
    for (const [title, parties] of [
      ['1 queue, 50 instances', [shared, batch, single]],
      ['50 queues, 50 instances', [own, batch, single]],
      ['1 queue, 1 instance', [hot, hotBatch, single]]
    ] as const) {
      comparisons.push(await compare(`${title}${away}`, rounds, parties.map(side)))
    }
  }
  return comparisons
}

/** Each is run twice: the first run warms up. */
async function bestConcurrency(run: (concurrency: number) => Promise<Sample>): Promise<number> {
  const rates = new Map<number, number>()
  for (const concurrency of [...CONCURRENCIES, ...CONCURRENCIES]) {
    rates.set(concurrency, (await run(concurrency))['events/s'] ?? 0)
  }
  const [[best] = [1]] = [...rates].sort(([, a], [, b]) => b - a)
  return best
}
