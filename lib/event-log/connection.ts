import { setImmediate } from 'node:timers/promises'
import type { StoredEvent } from '../events/event.ts'
import type { LogStore, ReadOptions } from '../store/log-store.ts'

/** What the log says of an instance's connection to its messaging service; `null`: nothing. */
export interface Connection {
  /** `open`, `connecting` or `close`, of the last `connection.update`. */
  readonly state: string | null
  /** Address of the account, such as `5511912345678@s.whatsapp.net`. */
  readonly ownerJid: string | null
  readonly profileName: string | null
  readonly profilePicUrl: string | null
}

/** The event that has the state of a connection. */
export const CONNECTION_EVENT = 'connection.update'

const EVENTS = [CONNECTION_EVENT]
/** Offsets that are looked at for a `connection.update`, and how many of them before other work gets its turn. */
const MAX_OFFSETS = 50_000
const SLICE_OFFSETS = 4_096
/** Newest events whose `sender` is looked at, and their characters. */
const SENDERS = 1_000
const SENDERS_MAX_CHARACTERS = 1_048_576

/** Reads the connection of an instance from its last `connection.update` among the newest 50,000 offsets. */
export async function readConnection(log: LogStore, instanceKey: number): Promise<Connection> {
  const [last] = await newest(log, { instanceKey, limit: 1 })
  for await (const update of updates(log, { instanceKey, limit: 1 })) {
    const { state, wuid, profileName, profilePictureUrl } = membersOf(update.data)
    return {
      state: text(state),
      ownerJid: text(wuid) ?? senderOf(last),
      profileName: text(profileName),
      profilePicUrl: text(profilePictureUrl)
    }
  }
  return { state: null, ownerJid: senderOf(last), profileName: null, profilePicUrl: null }
}

/**
 * Finds the event of an instance whose account has this number: among the `sender`s of the newest 1,000 events, then among the
 * `connection.update`s of the newest 50,000 offsets.
 */
export async function findByNumber(log: LogStore, number: string): Promise<StoredEvent | undefined> {
  const digits = number.replace(/\D/g, '')
  for (const event of await newest(log, { limit: SENDERS, maxBytes: SENDERS_MAX_CHARACTERS }))
    if (numberOf(senderOf(event)) === digits) return event
  for await (const event of updates(log, { limit: SLICE_OFFSETS }))
    if (numberOf(text(membersOf(event.data).wuid)) === digits) return event
  return undefined
}

/** Returns the state that a `connection.update` has; `null` if it has none. */
export function connectionState(update: Pick<StoredEvent, 'data'>): string | null {
  return text(membersOf(update.data).state)
}

/** The number in the address of an account. */
export function numberOf(jid: string | null): string | null {
  return /^\d+/.exec(jid ?? '')?.[0] ?? null
}

type Narrowing = Pick<ReadOptions, 'limit'> & { instanceKey?: number; maxBytes?: number }

async function newest(log: LogStore, narrowing: Narrowing): Promise<StoredEvent[]> {
  const { head } = await log.range()
  return log.read({ ...narrowing, after: Math.max(0, head - MAX_OFFSETS), newestFirst: true })
}

/** Every `connection.update`, newest first. @param narrowing `limit`: the most of one slice */
async function* updates(log: LogStore, narrowing: Narrowing): AsyncGenerator<StoredEvent> {
  const { first, head } = await log.range()
  const end = Math.max(first - 1, head - MAX_OFFSETS)
  for (let upTo = head; upTo > end; upTo -= SLICE_OFFSETS) {
    const after = Math.max(end, upTo - SLICE_OFFSETS)
    yield* await log.read({ ...narrowing, events: EVENTS, after, upTo, newestFirst: true })
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
