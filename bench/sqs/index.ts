import type { Bench } from '../harness/bench.ts'
import type { Comparison } from '../harness/compare.ts'
import { checkWithEmulator } from './emulator.ts'
import type { FakeSqs } from './fake-sqs.ts'
import { throughput } from './throughput.ts'

/** Events to queues, against the bare SDK. */
export default async function sqs(bench: Bench): Promise<Comparison[]> {
  await checkWithEmulator(bench)
  const fake = bench.start<FakeSqs>(new URL('fake-sqs.ts', import.meta.url))
  await fake.call('listen')
  return throughput(bench, fake)
}
