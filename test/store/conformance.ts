import type { Test } from 'tap'
import type { EventStore } from '../../lib/store/event-store.ts'
import { appending } from './conformance/appending.ts'
import { closing } from './conformance/closing.ts'
import { deadLetters } from './conformance/dead-letters.ts'
import { deliveries } from './conformance/deliveries.ts'
import { epochs } from './conformance/epochs.ts'
import { following } from './conformance/following.ts'
import { instanceChanges } from './conformance/instance-changes.ts'
import { instances } from './conformance/instances.ts'
import { knownQueues } from './conformance/known-queues.ts'
import { pruning } from './conformance/pruning.ts'
import { reading } from './conformance/reading.ts'
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
    sums,
    follow: following,
    epochs,
    deliveries,
    'dead letters': deadLetters,
    prune: pruning,
    'known queues': knownQueues,
    instances,
    'changes of instances': instanceChanges,
    close: closing
  })) {
    void t.test(`${name}: ${area}`, async (t) => tests(t, open))
  }
}
