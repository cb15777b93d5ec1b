import type { DatabaseSync } from 'node:sqlite'
import { StoreDamagedError, StoreUnusableError } from '../../errors.ts'
import { eventSize, socketMessage } from '../../events/messages.ts'
import { EVENT_COLUMNS } from '../rows.ts'
import { IN_PARTS, type StoredEvent } from '../../events/event.ts'
import { isDamage, REMEDY } from './database.ts'
import { preparePartsRead, readEvent } from './parts.ts'

/** Called once for each damaged place, when a read first meets it. */
export type OnDamage = (damage: { offset?: number; reason: string }) => void

/** A file up to this size is checked whole at start, which takes a quarter of a second; of a larger one, samples are checked. */
const WHOLE_BYTES = 64 * 1_048_576
/** Tables that a start needs: those held in memory, and those of pending deliveries. */
const ESSENTIALS = [
  'instances',
  'selections',
  'queues',
  'pending',
  'delivery_changes',
  'dead_letters',
  'loose_parts',
  'log',
  'epochs'
]
const SAMPLES = 256
/** Characters of events after which no further sample is taken: they take about as long to check as a whole small file. */
const SAMPLED_CHARACTERS = 16 * 1_048_576
/** The line that SQLite prints before the faults of a database. */
const HEADING = /^\*\*\*.*\*\*\*\s*/
/** Damaged events that are counted and reported. */
const MAX_TOLD = 10_000

/**
 * The known damage of a file. SQLite has no checksums: it notices a broken structure, but not a changed text. Once anything
 * is damaged, the text of each event is checked whenever it is read.
 */
export class SqliteDamage {
  readonly #path: string
  readonly #onDamage: OnDamage
  readonly #events = new Set<number>()
  #reason: string | undefined

  constructor(path: string, onDamage: OnDamage = () => {}) {
    this.#path = path
    this.#onDamage = onDamage
  }

  get suspected(): boolean {
    return this.#reason !== undefined
  }

  /** Events that were found to be damaged. */
  get events(): number {
    return this.#events.size
  }

  /** The damage as an error, for health checks; `undefined` if none is known. */
  get error(): Error | undefined {
    if (this.#reason === undefined) return undefined
    const left = this.events === 0 ? '' : `; ${this.events} events cannot be read and are left out`
    return new StoreDamagedError(this.#path, this.#reason + left)
  }

  /**
   * Looks for damage, in a time that does not grow with the log.
   * @throws {StoreUnusableError} a table that a start needs is damaged
   */
  lookOver(db: DatabaseSync): void {
    assertEssentials(db, this.#path)
    try {
      const reason = sizeOf(db) <= WHOLE_BYTES ? faultOf(db, '1') : undefined
      if (reason !== undefined) this.#found(reason)
      for (const event of sample(db)) this.spoils(event, { always: true })
    } catch (error) {
      this.met(error)
    }
  }

  /** Notes an error of SQLite. @throws the error, if it is not about damage */
  met(error: unknown, offset?: number): void {
    if (!isDamage(error)) throw error
    this.#found((error as Error).message, offset)
  }

  /** Runs a read that has a slower way around damage. @returns `undefined` where damage is known or met */
  attempt<T>(work: () => T): T | undefined {
    if (this.suspected) return undefined
    try {
      return work()
    } catch (error) {
      this.met(error)
      return undefined
    }
  }

  /** True if an event's text is damaged; looked at only where damage is suspected. */
  spoils(event: StoredEvent, { always }: { always: boolean } = { always: false }): boolean {
    if ((!this.suspected && !always) || isWhole(event)) return false
    this.#found('the text of an event is not JSON', event.offset)
    return true
  }

  #found(reason: string, offset?: number): void {
    const known = offset === undefined ? this.suspected : this.#events.has(offset) || this.events >= MAX_TOLD
    this.#reason ??= reason
    if (known) return
    if (offset !== undefined) this.#events.add(offset)
    this.#onDamage({ reason, ...(offset !== undefined && { offset }) })
  }
}

/** True if the message of an event is valid JSON. */
export function isWhole(event: StoredEvent): boolean {
  try {
    JSON.parse(socketMessage(event))
    return true
  } catch {
    return false
  }
}

/** The first fault of a file, and of the text of its events; reads all of it. */
export function wholeFault(db: DatabaseSync): string | undefined {
  const found = String(db.prepare('PRAGMA integrity_check(1)').get()?.integrity_check)
  if (found !== 'ok') return found.replace(HEADING, '')
  const spoilt = db.prepare('SELECT "offset" FROM events WHERE NOT json_valid(data) LIMIT 1').get()
  const offset = (spoilt?.offset as number | undefined) ?? spoiltInParts(db)
  return offset === undefined ? undefined : `the text of the event at offset ${offset} is not JSON`
}

/** The offset of an event whose data in parts is damaged. */
function spoiltInParts(db: DatabaseSync): number | undefined {
  const sql = `SELECT ${EVENT_COLUMNS} FROM events e WHERE flags & ${IN_PARTS}`
  // A file of an earlier release has no such rows, and no table of parts.
  let readParts: ReturnType<typeof preparePartsRead> | undefined
  for (const row of db.prepare(sql).iterate()) {
    try {
      readParts ??= preparePartsRead(db)
      if (isWhole(readEvent({ readParts }, row))) continue
    } catch {
      // Some of its parts are missing.
    }
    return row.offset as number
  }
  return undefined
}

/** @throws {StoreUnusableError} a table that a start needs is damaged */
function assertEssentials(db: DatabaseSync, path: string): void {
  for (const table of ESSENTIALS) {
    const fault = faultOf(db, table)
    if (fault !== undefined) throw new StoreUnusableError(path, `its table ${table} is damaged (${fault}): ${REMEDY}`)
  }
}

/**
 * The first fault that SQLite finds.
 * @param what a table, or the number of faults after which it stops looking in the whole file
 */
function faultOf(db: DatabaseSync, what: string): string | undefined {
  const found = String(db.prepare(`PRAGMA quick_check(${what})`).get()?.quick_check)
  return found === 'ok' ? undefined : found.replace(HEADING, '').split('\n', 1)[0]
}

function sizeOf(db: DatabaseSync): number {
  const sql = 'SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size'
  return db.prepare(sql).get()?.bytes as number
}

/** Events from all over the log, the last one among them; fewer of large ones. */
function* sample(db: DatabaseSync): Generator<StoredEvent> {
  const ends = db.prepare(
    'SELECT (SELECT min("offset") FROM events) AS first, (SELECT max("offset") FROM events) AS last'
  )
  const one = db.prepare(`SELECT ${EVENT_COLUMNS} FROM events e WHERE e."offset" = ?`)
  const readParts = preparePartsRead(db)
  const { first, last } = ends.get() as { first: number | null; last: number | null }
  if (first === null || last === null) return
  const places = Array.from({ length: SAMPLES }, (_, n) => Math.floor(last - ((last - first) * n) / SAMPLES))
  let characters = 0
  for (const place of new Set(places)) {
    for (const row of one.all(place)) {
      const event = readEvent({ readParts }, row)
      yield event
      characters += eventSize(event)
    }
    if (characters > SAMPLED_CHARACTERS) return
  }
}
