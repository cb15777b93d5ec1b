import { setImmediate } from 'node:timers/promises'
import type { StoredEvent } from '../events/event.ts'
import { DESCRIBED_HUBS } from '../hubs/described-hubs.ts'
import { hubEventName } from '../hubs/hub.ts'
import type { LogStore, ReadOptions } from '../store/log-store.ts'

/** What the log says of an instance's connection to its messaging service; `null`: nothing. */
export interface Connection {
  /** `open`, `connecting` or `close`, from the last connection event. */
  readonly state: string | null
  /** Address of the account, such as `5511912345678@s.whatsapp.net`. */
  readonly ownerJid: string | null
  readonly profileName: string | null
  readonly profilePicUrl: string | null
}

/** Returns the connection state in the data of an event; `null` if there is none. */
type StateReader = (data: Record<string, unknown>) => string | null

/** How to read the connection state, by name of event. */
const STATE_READERS = new Map<string, StateReader>([['connection.update', ({ state }) => text(state)]])
for (const hub of DESCRIBED_HUBS) {
  for (const [event, state] of Object.entries(hub.connection))
    STATE_READERS.set(hubEventName(hub, event), (data) => {
      if (typeof state === 'string') return state
      const { member, states } = state
      return Object.entries(states).find(([name]) => name === data[member])?.[1] ?? null
    })
}

/** Names of the events that report a connection state. */
export const CONNECTION_EVENTS: ReadonlySet<string> = new Set(STATE_READERS.keys())

const EVENTS = [...CONNECTION_EVENTS]
/** Offsets that are searched for a connection event, and how many at once, so that other work gets its turn. */
const MAX_OFFSETS = 50_000
const SLICE_OFFSETS = 4_096
/** Newest events whose `sender` is looked at, and their characters. */
const SENDERS = 1_000
const SENDERS_MAX_CHARACTERS = 1_048_576

/** Reads the connection of an instance from the last event about it among the newest 50,000 offsets. */
export async function readConnection(log: LogStore, instanceKey: number): Promise<Connection> {
  const { head } = await log.range()
  // A store finds the events of an instance by an index, and needs no slices.
  const stretch = { instanceKey, after: Math.max(0, head - MAX_OFFSETS), newestFirst: true, limit: 1 }
  const [last] = await log.read(stretch)
  const [update] = last ? await log.read({ ...stretch, events: EVENTS }) : []
  const { wuid, profileName, profilePictureUrl } = membersOf(update?.data ?? '{}')
  return {
    state: update ? connectionState(update) : null,
    ownerJid: text(wuid) ?? senderOf(last),
    profileName: text(profileName),
    profilePicUrl: text(profilePictureUrl)
  }
}

/** Returns true if the account of a connection has this number, in any spelling. */
export function hasNumber({ ownerJid }: Connection, number: string): boolean {
  return numberOf(ownerJid) === digitsOf(number)
}

/**
 * Finds the event of an instance whose account has this number: among the `connection.update`s of the newest 50,000 offsets, then
 * among the `sender`s of the newest 1,000 events. Every event has a `sender`, which a client may fill in as it likes.
 */
export async function findByNumber(log: LogStore, number: string): Promise<StoredEvent | undefined> {
  const digits = digitsOf(number)
  const { first, head } = await log.range()
  const end = Math.max(first - 1, head - MAX_OFFSETS)
  for await (const event of updates(log, { after: end, upTo: head }))
    if (numberOf(text(membersOf(event.data).wuid)) === digits) return event
  const newest = { after: end, newestFirst: true, limit: SENDERS, maxBytes: SENDERS_MAX_CHARACTERS }
  for (const event of await log.read(newest)) if (numberOf(senderOf(event)) === digits) return event
  return undefined
}

/** Returns the connection state that an event reports; `null` if it reports none. */
export function connectionState({ event, data }: Pick<StoredEvent, 'event' | 'data'>): string | null {
  return STATE_READERS.get(event)?.(membersOf(data)) ?? null
}

/** The number in the address of an account. */
export function numberOf(jid: string | null): string | null {
  return /^\d+/.exec(jid ?? '')?.[0] ?? null
}

function digitsOf(number: string): string {
  return number.replace(/\D/g, '')
}

/** Yields the connection events in a stretch of the log, newest first. */
async function* updates(
  log: LogStore,
  stretch: Required<Pick<ReadOptions, 'after' | 'upTo'>>
): AsyncGenerator<StoredEvent> {
  for (let { upTo } = stretch; upTo > stretch.after; upTo -= SLICE_OFFSETS) {
    const after = Math.max(stretch.after, upTo - SLICE_OFFSETS)
    yield* await log.read({ events: EVENTS, after, upTo, newestFirst: true, limit: SLICE_OFFSETS })
    await setImmediate()
  }
}

function senderOf(event: StoredEvent | undefined): string | null {
  return event ? text(membersOf(`{${event.envelope}}`).sender) : null
}

function membersOf(json: string): Record<string, unknown> {
  const value: unknown = JSON.parse(json)
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
