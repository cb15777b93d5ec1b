import type { EventStore } from '../../lib/store/event-store.ts'
import type { FaultProxy } from './fault-proxy.ts'

/** Calls that wait for the test. */
export interface Held {
  /** Resolves when the first call is made. */
  asked: Promise<void>
  /** Lets every call continue. */
  release: () => void
}

/** Holds calls of an action of SQS. */
export function holdCalls(proxy: FaultProxy, held: string): Held {
  const { asked, release, hold } = gate()
  proxy.decide = async ({ action }) => {
    if (action === held) await hold()
    return undefined
  }
  return { asked, release }
}

/** Holds calls of SendMessageBatch. */
export function holdSends(proxy: FaultProxy): Held {
  return holdCalls(proxy, 'SendMessageBatch')
}

/** Holds acknowledgements on their way into the store. */
export function holdAcknowledgements({ deliveries }: EventStore): Held {
  const { asked, release, hold } = gate()
  const { acknowledge } = deliveries
  deliveries.acknowledge = async (refs) => {
    await hold()
    return acknowledge.call(deliveries, refs)
  }
  return { asked, release }
}

/** Lets calls through when the test releases them. */
export function gate() {
  const asked = Promise.withResolvers<void>()
  const held = Promise.withResolvers<void>()
  const hold = () => {
    asked.resolve()
    return held.promise
  }
  return { asked: asked.promise, release: held.resolve, hold }
}
