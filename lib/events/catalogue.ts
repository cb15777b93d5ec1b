import { distance } from 'fastest-levenshtein'
import { EventInvalidError, EventUnknownError, OptionsInvalidError } from '../errors.ts'
import { type MessageParams, withMessages } from '../error-class.ts'
import { DESCRIBED_HUBS } from '../hubs/described-hubs.ts'
import { HUB_NAMES, hubEventName, type HubName } from '../hubs/hub.ts'
import { excerpt } from '../text/excerpt.ts'
import { eventKey } from './event-key.ts'

/** Names of Evolution API v2's events on the wire. */
export const EVOLUTION_EVENTS = [
  'application.startup',
  'instance.create',
  'instance.delete',
  'remove.instance',
  'logout.instance',
  'status.instance',
  'qrcode.updated',
  'connection.update',
  'messages.set',
  'messages.upsert',
  'messages.edited',
  'messages.update',
  'messages.delete',
  'send.message',
  'send.message.update',
  'contacts.set',
  'contacts.upsert',
  'contacts.update',
  'presence.update',
  'chats.set',
  'chats.upsert',
  'chats.update',
  'chats.delete',
  'groups.upsert',
  'groups.update',
  'group-participants.update',
  'labels.edit',
  'labels.association',
  'call',
  'typebot.start',
  'typebot.change-status',
  'messaging-history.set',
  'creds.update'
] as const

/** Events that "all" does not include: `creds.update` carries secrets of the session. */
const EVOLUTION_EXPLICIT_ONLY = ['creds.update']

/** Keys of older Evolution configurations: the key that replaced each, or `null` if the event no longer exists. */
const EVOLUTION_ALIASES: Record<string, string | null> = {
  GROUP_UPDATE: 'GROUPS_UPDATE',
  NEW_JWT_TOKEN: null,
  NEW_TOKEN: null,
  CHAMA_AI_ACTION: null
}

/** Names of Socket.IO's own events and of this package's, from which clients could not tell an event of the log. */
const RESERVED = new Set([
  'connect',
  'connect_error',
  'disconnect',
  'disconnecting',
  'newListener',
  'removeListener',
  'resuming',
  'resumed',
  'notice'
])

/** Stands for all keys in a stored selection: "all" includes events that the catalogue gets later, and unlisted ones. */
export const ALL_EVENTS = '*'

/** Returns true for the keys of a stored selection of "all". */
export function selectsAll(stored: readonly string[] | undefined): boolean {
  return stored?.[0] === ALL_EVENTS
}

/** The key of the queues for unlisted events, those that are not in the catalogue. */
export const UNLISTED_KEY = 'UNKNOWN'
/** Valid names of unlisted events. */
const UNLISTED_NAME = /^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$/
const MAX_NAME_LENGTH = 64
/** Names of the events that only this server emits, in any spelling. */
const OPERATOR_NAME = /^operator[._-]/i

/** The events that a server knows. */
export interface CatalogueOptions {
  /** Hubs whose webhooks and events are accepted: `evolution`, `evolution-go`, `waha`. @default ['evolution'] */
  hubs?: readonly HubName[]
  /** Further event names on the wire, such as `invoice.paid`. @default [] */
  names?: readonly string[]
  /** True: `names` replace the events of the hubs; false: they are added to them. @default false */
  replace?: boolean
  /** Names of events that a selection of "all" does not include. @default [] */
  explicitOnly?: readonly string[]
  /** Further keys for selections: each with the key that it stands for, or `null` to drop it with a note. @default {} */
  aliases?: Record<string, string | null>
}

/** An event that a server knows. */
export interface CatalogueEvent {
  /** Name on the wire, such as `messages.upsert`. */
  name: string
  /** Name in selections, such as `MESSAGES_UPSERT`. */
  key: string
  /** True if a selection of "all" includes it. */
  inAll: boolean
  /** The hub that sends it; `null` for an event that this server adds. */
  hub: HubName | null
  /** True for an event of a webhook that is not in the catalogue. */
  unlisted?: true
}

/** The keys of a list. */
export interface ResolvedSelection {
  keys: string[]
  /** A sentence for each entry that was left out. */
  notes: string[]
}

/** The events that a server knows, by name and key. */
export class EventCatalogue {
  readonly events: readonly CatalogueEvent[]
  /** Keys that a selection of "all" includes. */
  readonly all: readonly string[]
  /** Hubs whose webhooks are received. */
  readonly hubs: readonly HubName[]
  readonly #byKey: Map<string, CatalogueEvent>
  readonly #byName: Map<string, CatalogueEvent>
  readonly #aliases: Map<string, string | null>

  /** @throws {OptionsInvalidError} a hub is unknown, a name is malformed, reserved or repeated, or an alias has an unknown key */
  constructor(options?: CatalogueOptions) {
    this.hubs = options?.hubs ?? ['evolution']
    const own = options?.replace ? [] : this.hubs
    const explicitOnly = new Set(options?.explicitOnly)
    this.#byKey = new Map()
    for (const hub of own) {
      const { names, notInAll } = eventsOfHub(hub)
      for (const name of names) {
        const key = eventKey(name)
        this.#byKey.set(key, { name, key, inAll: !notInAll.includes(name) && !explicitOnly.has(name), hub })
      }
    }
    for (const name of options?.names ?? []) {
      if (!/^[a-z0-9]+([._-][a-z0-9]+)*$/.test(name) || name.length > MAX_NAME_LENGTH) {
        throw new OptionsInvalidError(
          `events.names: "${name}" is not an event name; use lower case words joined by "." or "-", at most 64 characters`
        )
      }
      if (RESERVED.has(name)) {
        throw new OptionsInvalidError(
          `events.names: "${name}" is reserved for messages about the connection; choose another name`
        )
      }
      const key = eventKey(name)
      const twin = this.#byKey.get(key)
      if (twin) throw new OptionsInvalidError(`events.names: "${name}" has the same key ${key} as "${twin.name}"`)
      this.#byKey.set(key, { name, key, inAll: !explicitOnly.has(name), hub: null })
    }
    this.events = [...this.#byKey.values()]
    this.#byName = new Map(this.events.map((event) => [event.name, event]))
    this.all = this.events.filter(({ inAll }) => inAll).map(({ key }) => key)
    this.#aliases = new Map(
      Object.entries({ ...(own.includes('evolution') ? EVOLUTION_ALIASES : {}), ...options?.aliases })
    )
    for (const [alias, target] of this.#aliases) {
      if (target !== null && !this.#byKey.has(target)) {
        throw new OptionsInvalidError(`events.aliases: ${alias} stands for ${target}, which is not an event key`)
      }
    }
  }

  /** The event with a name, a key, or the form that Evolution has in URLs (`messages-upsert`). */
  find(nameOrKey: string): CatalogueEvent | undefined {
    return this.#byName.get(nameOrKey) ?? this.#byKey.get(eventKey(nameOrKey))
  }

  /** As `find`. @throws {EventUnknownError} naming the closest events */
  get(nameOrKey: string): CatalogueEvent {
    const event = this.find(nameOrKey)
    if (event) return event
    const { sentence, params } = this.#unknown('event', nameOrKey, 'name')
    throw withMessages(new EventUnknownError(sentence), [sentence], [params])
  }

  /**
   * Describes an event that is not in the catalogue. Only selections of "all" include it.
   * @throws {EventInvalidError} no event can have this name
   */
  unlisted(name: string): CatalogueEvent {
    if (name.length <= MAX_NAME_LENGTH && UNLISTED_NAME.test(name) && !RESERVED.has(name) && !OPERATOR_NAME.test(name))
      return { name, key: eventKey(name), inAll: true, hub: null, unlisted: true }
    throw new EventInvalidError(
      `event "${excerpt(name)}" is neither a known event nor a valid name: use at most ${MAX_NAME_LENGTH} letters and digits, with single ".", "-" or "_" between them; names of Socket.IO's own events, such as connect, and names that begin with operator are reserved`
    )
  }

  /** Returns the keys of a stored selection, with `ALL_EVENTS` expanded. */
  expand(stored: readonly string[]): readonly string[] {
    return selectsAll(stored) ? this.all : stored
  }

  /**
   * The keys of a selection's list, in its order, without repeats, aliases resolved.
   * @param field the name of the list, for error messages
   * @throws {EventUnknownError} with one message for each unknown key
   */
  resolve(list: readonly string[], field = 'events'): ResolvedSelection {
    const keys = new Set<string>()
    const notes: string[] = []
    const faults: { sentence: string; params: MessageParams }[] = []
    for (const [index, entry] of list.entries()) {
      const upper = eventKey(entry)
      const alias = this.#aliases.get(upper)
      if (alias === null) notes.push(`${upper} is no longer an event of this server, and was left out`)
      else if (alias !== undefined) keys.add(alias)
      else if (this.#byKey.has(upper)) keys.add(upper)
      else faults.push(this.#unknown(`${field}[${index}]`, entry, 'key'))
    }
    const [first] = faults
    if (first)
      throw withMessages(
        new EventUnknownError(first.sentence),
        faults.map(({ sentence }) => sentence),
        faults.map(({ params }) => params)
      )
    return { keys: [...keys], notes }
  }

  /** These keys, followed by the aliases that lead to them: clients show an event by the key that they know. */
  withAliases(keys: readonly string[]): string[] {
    const aliases = [...this.#aliases].filter(([, key]) => key !== null && keys.includes(key))
    return [...keys, ...aliases.map(([alias]) => alias)]
  }

  /** Returns keys without those that `withAliases` adds. */
  withoutAliases(keys: readonly string[]): string[] {
    return keys.filter((key) => !keys.includes(this.#aliases.get(key) ?? ''))
  }

  #unknown(field: string, text: string, form: 'name' | 'key'): { sentence: string; params: MessageParams } {
    const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text
    const key = eventKey(text.slice(0, 80))
    const nearest = this.events
      .map((event) => ({ event, far: distance(key, event.key) }))
      .sort((a, b) => a.far - b.far)
      .slice(0, 3)
      .map(({ event }) => event[form])
      .join(', ')
    return {
      sentence: `${field} "${shown}" is not a known event; the closest are ${nearest}`,
      params: { code: 'eventUnknown', field, values: [shown, nearest] }
    }
  }
}

/**
 * Returns the names of a hub's events, and which of them "all" does not include.
 * @throws {OptionsInvalidError} the hub is unknown
 */
export function eventsOfHub(name: HubName): { names: readonly string[]; notInAll: readonly string[] } {
  if (name === 'evolution') return { names: EVOLUTION_EVENTS, notInAll: EVOLUTION_EXPLICIT_ONLY }
  const hub = DESCRIBED_HUBS.find((described) => described.name === name)
  if (!hub)
    throw new OptionsInvalidError(`events.hubs: "${String(name)}" is not a hub; the hubs are ${HUB_NAMES.join(', ')}`)
  const named = (event: string) => hubEventName(hub, event)
  return { names: Object.keys(hub.events).map(named), notInAll: hub.explicitOnly.map(named) }
}
