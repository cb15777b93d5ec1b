import { equal } from 'node:assert/strict'
import { join } from 'node:path'
import type { EventStore } from '../../lib/store/event-store.ts'
import { openStore } from '../../lib/store/open.ts'
import { serve } from '../harness/serve.ts'
import { type EventKind, EVENTS, measure, newEvents, type StoreProcess } from './commits.ts'

let store: EventStore
let kind: EventKind
let head = 0

/**
 * The SQLite store: events that come in one turn of the event loop are one commit. What it commits for a queue is
 * acknowledged with the next commit.
 */
const ours: StoreProcess = {
  async open(options) {
    store = await openStore({ url: `file:${join(options.folder, 'events.db')}` })
    kind = options
  },
  async run(commits) {
    const batches = Array.from({ length: commits }, () => newEvents(kind))
    let acknowledged: Promise<unknown> = Promise.resolve()
    const sample = await measure(batches, async (events) => {
      const appended = await Promise.all(events.map((event) => store.log.append([event])))
      const deliveries = appended.flatMap(([result], index) => {
        const { key } = store.instances.require(events[index]?.instance ?? '')
        return kind.queues.map((queue) => ({ queue, instanceKey: key, offset: result?.offset ?? 0 }))
      })
      if (deliveries.length > 0) acknowledged = store.deliveries.acknowledge(deliveries)
    })
    await acknowledged
    head += commits * EVENTS
    equal((await store.log.range()).head, head)
    equal(store.deliveries.pendingCount(), 0)
    return sample
  }
}

serve(ours)
