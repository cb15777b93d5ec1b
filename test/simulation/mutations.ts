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

/** `npm run simulate -- --mutations` tells by which of a thousand seeds each is found. */
export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'an entry that SQS did not accept goes behind newer ones',
    file: 'lib/sqs/lane.ts',
    text: 'this.#window.unshift(...events)',
    instead: 'this.#window.push(...events)'
  },
  {
    name: 'an entry that SQS refused is acknowledged',
    file: 'lib/sqs/sender.ts',
    text: 'writer.acknowledge(accepted)',
    instead: 'writer.acknowledge(items)'
  },
  {
    name: 'an entry that the answer leaves out is taken as accepted',
    file: 'lib/sqs/batch-call.ts',
    text: ': UNANSWERED)',
    instead: ': undefined)'
  },
  {
    name: 'an event committed between the last, empty read of a lane and its answer waits forever',
    file: 'lib/sqs/lane.ts',
    text: 'if (page.length === 0 && !this.#missed)',
    instead: 'if (page.length === 0)'
  },
  {
    name: 'a lane begins to read while acknowledgements of an earlier one are not stored',
    file: 'lib/sqs/lanes.ts',
    text: 'if (lane.rewinding) await this.#writer.settled()',
    instead: ''
  },
  {
    name: 'a lane with a full window does not note that the store has more',
    file: 'lib/sqs/lane.ts',
    text: '    this.#behind = true\n    this.#missed = true',
    instead: '    this.#missed = true'
  },
  {
    name: 'a lane is sent by two calls at once',
    file: 'lib/sqs/lane.ts',
    text: "this.#state = 'inFlight'",
    instead: ''
  },
  {
    name: 'an acknowledgement that could not be stored is forgotten',
    file: 'lib/sqs/delivery-writer.ts',
    text: 'if (signal.aborted) return',
    instead: 'return'
  },
  {
    name: 'a batch is retried with other deduplication ids',
    file: 'lib/sqs/batch.ts',
    text: 'MessageDeduplicationId: deduplicationId(event)',
    instead: 'MessageDeduplicationId: `${deduplicationId(event)}${lane.attempts}`'
  },
  {
    name: 'a node sends without the right to',
    file: 'lib/sqs/lanes.ts',
    text: "return state !== 'leaving' && this.#deliveries.maySend(instanceKey)",
    instead: 'return true'
  },
  {
    name: 'a node does not ask again whether it may send after it waited for a queue',
    file: 'lib/sqs/batch-client.ts',
    text: 'if (!maySend()) throw',
    instead: 'if (false) throw'
  },
  {
    name: 'a lane that was dropped in flight is sent beside its successor',
    file: 'lib/sqs/lanes.ts',
    text: "state !== 'leaving' && ",
    instead: ''
  },
  {
    name: 'a hand-over does not wait for acknowledgements',
    file: 'lib/sqs/lanes.ts',
    text: '        await this.#writer.settled()\n        yield done',
    instead: '        yield done'
  },
  {
    name: 'a hand-over does not wait for batches in flight',
    file: 'lib/sqs/lanes.ts',
    text: 'const done = left.difference(busy)',
    instead: 'const done = left'
  },
  {
    name: 'partitions are sent although their first read has failed',
    file: 'lib/store/postgres/partition-leases.ts',
    text: '    const lanes = await this.#options.reads.pending(unread)\n    if (known !== this.#epoch) return\n    for (const partition of unread) this.#term.unread.delete(partition)',
    instead:
      '    for (const partition of unread) this.#term.unread.delete(partition)\n    const lanes = await this.#options.reads.pending(unread)'
  },
  {
    name: 'new events are sent of partitions that were taken and not read',
    file: 'lib/store/postgres/partition-leases.ts',
    text: '!releasing.has(partition) && !unread.has(partition)',
    instead: '!releasing.has(partition)'
  },
  {
    name: 'new events for a node are skipped with those for others',
    file: 'lib/store/postgres/partition-leases.ts',
    text: ' && held.isDisjointFrom(partitions))',
    instead: ')'
  },
  {
    name: 'newer events are sent while partitions that were taken are read',
    file: 'lib/store/postgres/partition-leases.ts',
    text: 'whole && this.#term.unread.size === 0 && !this.#reading.running',
    instead: 'whole'
  },
  {
    name: 'a session that PostgreSQL may have ended counts as alive',
    file: 'lib/store/postgres/session.ts',
    text: 'return this.connected && performance.now() < this.#heardAt + this.#options.silenceMs * 0.85',
    instead: 'return this.connected'
  },
  {
    name: 'a page of a replay skips an offset',
    file: 'lib/websocket/pass.ts',
    text: 'after: this.position',
    instead: 'after: this.position + 1'
  },
  {
    name: 'a replay skips the events between its last page and live ones',
    file: 'lib/websocket/replay.ts',
    text: 'isLast ? page.heldFor(scope).payload : undefined',
    instead: 'undefined'
  },
  {
    name: 'a replay does not tell of events that were pruned',
    file: 'lib/websocket/replay.ts',
    text: 'page.prunedTo <= this.#position',
    instead: 'true'
  },
  {
    name: 'a replay receives what it has, since others in its pass do not have it',
    file: 'lib/websocket/shared-page.ts',
    text: 'filter(({ offset }) => offset > after)',
    instead: 'filter(({ offset }) => offset > this.#options.after)'
  },
  {
    name: 'an offset of an epoch that has ended counts as one of the next',
    file: 'lib/websocket/replay.ts',
    text: '    this.#continue(upTo)\n    if (!isKnown || offset > upTo) this.#restart(upTo)\n',
    instead: ''
  },
  {
    name: 'a client that has all that an ended epoch had is told that something is missing',
    file: 'lib/websocket/replay.ts',
    text: 'offset > upTo) this.#restart(upTo)',
    instead: 'offset >= upTo) this.#restart(upTo)'
  },
  {
    name: 'a client is set back as far as another log',
    file: 'lib/websocket/replay.ts',
    text: 'if (!isKnown || offset > upTo) this.#restart(upTo)',
    instead: 'this.#restart(Math.min(upTo, offset - 1))'
  },
  {
    name: 'a client is told that what was not for it is lost',
    file: 'lib/websocket/replay.ts',
    text: 'this.#told = { offset: listener.told, log:',
    instead: 'this.#told = { offset, log:'
  },
  {
    name: 'live sockets are not set back when the log has lost its end',
    file: 'lib/websocket/hub.ts',
    text: 'if (served <= upTo) {',
    instead: 'if (true) {'
  },
  {
    name: 'a node does not learn how much of the log was lost',
    file: 'lib/store/postgres/epoch.ts',
    text: 'upTo: common.upTo })',
    instead: 'upTo: Infinity })'
  },
  {
    name: 'lanes keep what they hold of an epoch that has ended',
    file: 'lib/store/postgres/partition-leases.ts',
    text: '    this.#options.watcher.revoked(sent)\n',
    instead: ''
  },
  {
    name: 'events are passed on before they are durable',
    file: 'lib/store/sqlite/commits.ts',
    text: 'return sync ? sync.commit().then(publish) : publish()',
    instead: 'sync?.commit().catch(() => {}); return publish()'
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
    text: 'isTokenGone ||',
    instead: ''
  },
  {
    name: 'a token on / sees the events of all instances',
    file: 'lib/websocket/admission.ts',
    text: 'instance: own, tokenOf, ',
    instead: 'instance: undefined, tokenOf, '
  },
  {
    name: 'a socket that resumes receives the events that others wait for beside it',
    file: 'lib/websocket/scope.ts',
    text: '(this.instanceKey === undefined || this.instanceKey === event.instanceKey) &&',
    instead: ''
  },
  {
    name: 'a follower of the log passes its own events on while older ones are read',
    file: 'lib/store/postgres/tail.ts',
    text: ' && !this.#reading.running) this.#pass(stored, head)',
    instead: ') this.#pass(stored, head)'
  }
]

const root = new URL('../../', import.meta.url)

/** @throws {Error} the text of a mutation is not in its file, or more than once */
export function assertApplies({ name, file, text }: Mutation): void {
  if (readFileSync(new URL(file, root), 'utf8').split(text).length !== 2)
    throw new Error(`${name}: ${file} does not have the text of this mutation once: ${text}`)
}

/** Puts a mutation into what is imported from now on. @throws as `assertApplies` */
export function mutate(mutation: Mutation): void {
  assertApplies(mutation)
  const { file, text, instead } = mutation
  const target = new URL(file, root).href
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context)
      if (url !== target) return loaded
      return { ...loaded, source: String(loaded.source).replace(text, () => instead) }
    }
  })
}
