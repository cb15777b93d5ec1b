import { setImmediate, setTimeout as pause } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { TooManyRequestsError } from '../errors.ts'
import { saying } from '../message-code.ts'
import type { Forgotten, Transport } from '../event-log/transport.ts'
import { isErased } from '../events/erased.ts'
import { QUEUED, type StoredEvent } from '../events/event.ts'
import type { ErasureReply } from '../schemas/erasure.ts'
import type { EventStore } from '../store/event-store.ts'
import { jidSearch, type JidSearch } from './jid.ts'

/** The bounds of one call. */
export interface ErasureLimits {
  /** Events of one read and one transaction, and their characters; an event may have more. */
  readonly pageEvents: number
  readonly pageCharacters: number
  /** Reads of one call. */
  readonly pages: number
  /** Events whose copies transports have looked for, which takes long, after which a call by JID reads no further page. */
  readonly forgotten: number
}

export interface ErasureOptions {
  store: Pick<EventStore, 'log' | 'instances'>
  transports: () => Iterable<Transport>
  log: FastifyBaseLogger
  limits?: ErasureLimits
}

/** The events to erase: those that name a JID, after an offset, or those with these ids. */
export type ErasureRequest = { readonly jid: string; readonly after?: number } | { readonly ids: readonly string[] }

/** Whose events are erased, besides those of the instance of the name. */
export interface ErasureScope {
  /** Also events of removed instances of the name, which may have none now. @default false */
  removed?: boolean
}

/** What a call has done; the route has a schema for it. */
export type ErasureResult = ErasureReply

/** The instances of a name, by their keys, and the end of the log. */
interface Named {
  readonly instance: string
  readonly keys: readonly number[]
  readonly upTo: number
}

type Counts = Pick<
  ErasureReply,
  'examined' | 'erased' | 'delivered' | 'pending' | 'deadLetters' | 'objects' | 'objectsFailed'
>

const LIMITS: ErasureLimits = { pageEvents: 200, pageCharacters: 262_144, pages: 50, forgotten: 500 }
const NOTHING: Forgotten = { events: 0, objects: 0, failed: [] }
/** Ids that are looked up at once: each event may be as large as a request. */
const IDS_AT_ONCE = 20
/** Milliseconds after which a refused call may be repeated. */
const RETRY_AFTER_MS = 1_000

/**
 * Erases what events say, at the request of a person that they concern: in the log, and where transports have copies that they can
 * reach. A call reads some pages of the log; a caller continues where it has stopped. It keeps no state: a repeated
 * call finds what is left. One call at a time works on a name, so that many of them do not hold up the writes of others.
 */
export class Erasure {
  readonly #options: ErasureOptions
  readonly #limits: ErasureLimits
  /** Names of the instances whose events are being erased. */
  readonly #busy = new Set<string>()

  constructor(options: ErasureOptions) {
    this.#options = options
    this.#limits = options.limits ?? LIMITS
  }

  /**
   * Erases events of an instance. Idempotent.
   * @throws {InstanceNotFoundError} there is none, nor an event of a removed one if `removed`
   * @throws {TooManyRequestsError} another call is erasing events of this instance
   * @throws {BackpressureError} the log cannot be written now; what is erased stays so
   */
  async erase(
    instance: string,
    request: ErasureRequest,
    { removed = false }: ErasureScope = {}
  ): Promise<ErasureResult> {
    if (this.#busy.has(instance)) throw busy(instance)
    this.#busy.add(instance)
    try {
      const { log, store } = this.#options
      // Before anything is awaited: later, the name may be that of another instance.
      const own = removed ? undefined : store.instances.require(instance).key
      // Before the keys, so that no event up to it is of another one.
      const { head: upTo } = await store.log.range()
      const keys = own === undefined ? await store.log.instanceKeysOf(instance) : [own]
      if (keys.length === 0) keys.push(store.instances.require(instance).key)
      const result = await ('jid' in request
        ? this.#eraseJid({ instance, keys, upTo }, jidSearch(request.jid), request.after ?? 0)
        : this.#eraseIds({ keys, upTo }, request.ids))
      const { examined, erased, done } = result
      log.info({ instance, examined, erased, done }, 'Events were erased')
      return result
    } finally {
      this.#busy.delete(instance)
    }
  }

  async #eraseJid({ instance, keys, upTo }: Named, search: JidSearch, from: number): Promise<ErasureResult> {
    const { log } = this.#options.store
    const { pageEvents: limit, pageCharacters: maxBytes, pages } = this.#limits
    // Only the events of one instance have an index.
    const which = keys.length === 1 ? { instanceKey: keys[0] as number } : { instances: [instance] }
    const counts = noCounts()
    let after = from
    let forgotten = 0
    for (let page = 0; page < pages && after < upTo && forgotten < this.#limits.forgotten; page++) {
      // Other work comes between two pages.
      await setImmediate()
      const read = await log.readPages([{ ...which, after }], { upTo, limit, maxBytes })
      for (const { events, reached } of read) {
        const found: StoredEvent[] = []
        for (const event of events) if (!isErased(event) && (await names(event, search))) found.push(event)
        for (const own of Map.groupBy(found, ({ instanceKey: key }) => key).values())
          forgotten += await this.#erase(own, counts)
        counts.examined += events.length
        after = reached
      }
    }
    return { ...counts, after, upTo, done: after >= upTo }
  }

  async #eraseIds({ keys, upTo }: Omit<Named, 'instance'>, given: readonly string[]): Promise<ErasureResult> {
    const { log } = this.#options.store
    const ids = [...new Set(given)]
    const counts = noCounts()
    const missing = new Set(ids)
    for (let at = 0; at < ids.length; at += IDS_AT_ONCE) {
      for (const key of keys) {
        const events = await log.withIds(key, ids.slice(at, at + IDS_AT_ONCE))
        await this.#erase(events, counts)
        counts.examined += events.length
        for (const { id } of events) missing.delete(id)
      }
    }
    return { ...counts, missing: [...missing], after: upTo, upTo, done: true }
  }

  /**
   * Erases events of one instance in the log, and their copies before and after. Before, because a call by JID that is
   * repeated after a failure does not find events that are erased. After, because an upload may have ended in between; one
   * that is still under way finds its event erased when it ends. Returns the number of events whose copies were looked for.
   */
  async #erase(events: readonly StoredEvent[], counts: Counts): Promise<number> {
    if (events.length === 0) return 0
    const { events: forgotten } = await this.#forget(events, counts)
    const begun = performance.now()
    const flags = new Map(events.map((event) => [event.offset, event.flags]))
    for (const { offset, pending, deadLetters } of await this.#options.store.log.erase(events)) {
      counts.erased++
      counts.deadLetters += deadLetters
      if (pending > 0) counts.pending++
      else if (deadLetters === 0 && (flags.get(offset) as number) & QUEUED) counts.delivered++
    }
    const tookMs = performance.now() - begun
    const { failed } = await this.#forget(events, counts)
    counts.objectsFailed.push(...failed)
    // Half of the time is for the writes of others.
    await pause(tookMs)
    return forgotten
  }

  /** Deletes the copies of transports, and counts those that were deleted. */
  async #forget(events: readonly StoredEvent[], counts: Counts): Promise<Omit<Forgotten, 'objects'>> {
    const all: Omit<Forgotten, 'objects'> = { events: 0, failed: [] }
    for (const transport of this.#options.transports()) {
      const { events: asked, objects, failed } = (await transport.forget?.(events)) ?? NOTHING
      all.events += asked
      all.failed.push(...failed)
      counts.objects += objects
    }
    return all
  }
}

function busy(instance: string): TooManyRequestsError {
  const message = `Another request is erasing events of the "${instance}" instance: send one at a time`
  const params = { code: 'erasing', values: [instance] } as const
  return saying(new TooManyRequestsError(message), params, { retryAfterMs: RETRY_AFTER_MS })
}

async function names({ data, envelope, extra }: StoredEvent, search: JidSearch): Promise<boolean> {
  return (await search(data)) || (await search(envelope)) || (await search(extra))
}

function noCounts(): Counts {
  return { examined: 0, erased: 0, delivered: 0, pending: 0, deadLetters: 0, objects: 0, objectsFailed: [] }
}
