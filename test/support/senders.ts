import type { Test } from 'tap'
import { PARTITIONS, partitionOf } from '../../lib/store/partitions.ts'
import type { PostgresStore, PostgresStoreOptions } from '../../lib/store/postgres/store.ts'
import { openNode, type TestPostgres } from './postgres.ts'
import { RecordingWatcher } from './recorders.ts'
import { until } from './until.ts'

/** The key of an instance of each partition. */
export const SAMPLES = new Map<number, number>()
for (let key = 1; SAMPLES.size < PARTITIONS; key++) {
  if (!SAMPLES.has(partitionOf(key))) SAMPLES.set(partitionOf(key), key)
}

/** A node that sends. */
export interface Sender {
  store: PostgresStore
  watcher: RecordingWatcher
  stop: () => Promise<void>
  /** The partitions that it may send for. */
  holds: () => Set<number>
}

/** Opens a node that sends; closed after the test. */
export async function openSender(
  t: Test,
  postgres: TestPostgres,
  options: Partial<PostgresStoreOptions> = {}
): Promise<Sender> {
  const store = await openNode(t, postgres, options)
  const watcher = new RecordingWatcher()
  const stop = await store.deliveries.watch(watcher)
  const holds = () =>
    new Set([...SAMPLES].filter(([, key]) => store.deliveries.maySend(key)).map(([partition]) => partition))
  return { store, watcher, stop, holds }
}

/** Waits until each sender has its number of partitions; fails if two have the same one meanwhile. */
export async function untilShared(t: Test, senders: readonly Sender[], counts: readonly number[]): Promise<void> {
  await until(() => {
    const held = senders.flatMap(({ holds }) => [...holds()])
    if (new Set(held).size < held.length) t.fail('a partition is two senders’')
    const sizes = senders.map(({ holds }) => holds().size)
    return held.length === PARTITIONS && counts.every((count, at) => sizes[at] === count)
  })
}
