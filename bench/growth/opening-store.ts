import { openStore } from '../../lib/store/open.ts'
import type { EventStore } from '../../lib/store/event-store.ts'
import { serve } from '../harness/serve.ts'

/** Kept, so that its memory is measured. */
let store: EventStore

/** A process that opens a store, and does nothing else. */
const openingStore = {
  /** Milliseconds until a store is open, and how many instances it has. */
  async open(url: string): Promise<{ ms: number; instances: number }> {
    const begun = performance.now()
    store = await openStore({ url })
    return { ms: performance.now() - begun, instances: store.instances.size }
  }
}

export type OpeningStore = typeof openingStore

serve(openingStore)
