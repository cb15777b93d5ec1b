import type { PostgresLogReads } from '../../lib/store/postgres/log-reads.ts'
import { PostgresTail } from '../../lib/store/postgres/tail.ts'
import { RecordingSubscriber } from './recorders.ts'

type Sync = ConstructorParameters<typeof PostgresTail>[0]['sync']

/** A tail at position 1 of an epoch, which reads the log by `stretch` alone, and its subscriber. */
export function startTail(
  stretch: (range: { after: number; upTo: number }) => Promise<unknown>,
  { epoch, sync = async () => {} }: { epoch: string; sync?: Sync }
) {
  const subscriber = new RecordingSubscriber()
  const reads = { stretch } as unknown as PostgresLogReads
  return { subscriber, tail: new PostgresTail({ reads, subscriber, epoch, position: 1, sync }) }
}
