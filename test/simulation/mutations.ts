import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

/** A fault that is put into the product, to see that the simulation finds it. */
export interface Mutation {
  readonly name: string
  /** Relative to the repository. */
  readonly file: string
  /** What stands there once. */
  readonly text: string
  readonly instead: string
}

/** Each is found within a thousand seeds: `npm run simulate -- --mutations` tells by which. */
export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'an entry that SQS did not accept goes behind newer ones',
    file: 'lib/sqs/lane.ts',
    text: 'this.#window.unshift(...events)',
    instead: 'this.#window.push(...events)'
  },
  {
    name: 'an entry that the answer leaves out is taken as accepted',
    file: 'lib/sqs/batch-call.ts',
    text: ': UNANSWERED)',
    instead: ': undefined)'
  },
  {
    name: 'a lane that read an empty page does not see what came meanwhile',
    file: 'lib/sqs/lane.ts',
    text: 'if (page.length === 0 && !this.#missed)',
    instead: 'if (page.length === 0)'
  },
  {
    name: 'a redriven lane is read while its acknowledgements are not written',
    file: 'lib/sqs/sender.ts',
    text: 'if (lane.rewinding) await this.#writer.settled()',
    instead: ''
  },
  {
    name: 'a lane with a full window does not note that the store has more',
    file: 'lib/sqs/lane.ts',
    text: '      this.fallBehind()\n      return',
    instead: '      return'
  },
  {
    name: 'a lane is sent by two calls at once',
    file: 'lib/sqs/sender.ts',
    text: 'lane.inFlight = true',
    instead: ''
  },
  {
    name: 'an acknowledgement that could not be written is forgotten',
    file: 'lib/sqs/delivery-writer.ts',
    text: 'if (signal.aborted) return',
    instead: 'return'
  },
  {
    name: 'the deduplication id is of the try, not of the event',
    file: 'lib/sqs/batch.ts',
    text: 'MessageDeduplicationId: deduplicationId(event)',
    instead: 'MessageDeduplicationId: `${deduplicationId(event)}${lane.attempts}`'
  },
  {
    name: 'a page of a replay skips an offset',
    file: 'lib/websocket/replay.ts',
    text: 'after: this.#position,',
    instead: 'after: this.#position + 1,'
  },
  {
    name: 'events that come while the last page of a replay is read are not sent',
    file: 'lib/websocket/replay.ts',
    text: 'packets.push(...this.#packets(held))',
    instead: ''
  },
  {
    name: 'a replay does not tell of events that were pruned',
    file: 'lib/websocket/replay.ts',
    text: 'prunedTo <= this.#position',
    instead: 'true'
  },
  {
    name: 'a client ahead of the log that waits for room waits forever',
    file: 'lib/websocket/replay.ts',
    text: '!this.#isAhead || ',
    instead: ''
  },
  {
    name: 'the token of one instance is good for another',
    file: 'lib/websocket/admission.ts',
    text: '(!seesAll && own?.name !== name)',
    instead: '(!seesAll && !own)'
  },
  {
    name: 'sockets stay open when their token is replaced',
    file: 'lib/websocket/hub.ts',
    text: '(tokenGone && tokenOf)',
    instead: 'false'
  },
  {
    name: 'a token on / sees the events of all instances',
    file: 'lib/websocket/scope.ts',
    text: '(this.instanceKey === undefined || this.instanceKey === event.instanceKey) &&',
    instead: ''
  }
]

const root = new URL('../../', import.meta.url)

/** Puts a mutation into what is imported from now on. @throws {Error} its text is not there, or is there twice */
export function mutate({ name, file, text, instead }: Mutation): void {
  const target = new URL(file, root)
  if (readFileSync(target, 'utf8').split(text).length !== 2)
    throw new Error(`${name}: ${file} does not have the text of this mutation once: ${text}`)
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context)
      if (url !== target.href) return loaded
      return { ...loaded, source: String(loaded.source).replace(text, () => instead) }
    }
  })
}
