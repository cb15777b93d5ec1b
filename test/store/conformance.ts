import type { Test } from 'tap'
import type { EventStore } from '../../lib/store/event-store.ts'
import { appending } from './conformance/appending.ts'
import { closing } from './conformance/closing.ts'
import { deadLetters } from './conformance/dead-letters.ts'
import { deliveries } from './conformance/deliveries.ts'
import { epochs } from './conformance/epochs.ts'
import { erasing } from './conformance/erasing.ts'
import { following } from './conformance/following.ts'
import { formerTokens } from './conformance/former-tokens.ts'
import { instanceChanges } from './conformance/instance-changes.ts'
import { instances } from './conformance/instances.ts'
import { knownQueues } from './conformance/known-queues.ts'
import { large } from './conformance/large-data.ts'
import { pruning } from './conformance/pruning.ts'
import { reading } from './conformance/reading.ts'
import { retainedBytes } from './conformance/retained-bytes.ts'
import { retainedShares } from './conformance/retained-shares.ts'
import { samples } from './conformance/samples.ts'
import { shares } from './conformance/shares.ts'
import { sums } from './conformance/sums.ts'

export interface Opened {
  store: EventStore
  /** Closes the store, and opens the same data again. */
  reopen: () => Promise<EventStore>
}

export interface Limits {
  maxPendingDeliveries?: number
}

/** Opens an empty store, which is closed and removed after the test. */
export type Open = (t: Test, limits?: Limits) => Promise<Opened>

/** Tests of `EventStore` that every backend passes. A backend's own test file has only tests of its own behaviour. */
export function conformance(t: Test, name: string, open: Open): void {
  for (const [area, tests] of Object.entries({
    append: appending,
    read: reading,
    'large data': large,
    sums,
    follow: following,
    epochs,
    deliveries,
    'former tokens': formerTokens,
    'dead letters': deadLetters,
    prune: pruning,
    shares,
    samples,
    erase: erasing,
    'retained bytes': retainedBytes,
    'retained shares': retainedShares,
    'known queues': knownQueues,
    instances,
    'changes of instances': instanceChanges,
    close: closing
  })) {
    void t.test(`${name}: ${area}`, async (t) => tests(t, open))
  }
}
