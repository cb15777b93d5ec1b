import type { DatabaseSync } from 'node:sqlite'
import { type NewEvent, IN_PARTS, type StoredEvent } from '../../events/event.ts'
import { cut, isLarge, PART_CHARACTERS, type PartsReference } from '../parts.ts'
import { type Row, toEvent } from '../rows.ts'
import type { SqliteFile } from './file.ts'
import type { Statements } from './statements.ts'
import { BytesDamagedError } from './stored-bytes.ts'

type Reference = PartsReference<number>

/** Large data that is being written. */
export interface Upload extends Reference {
  readonly texts: readonly string[]
}

/** Parts that one key may have. */
const NUMBERS = 65_536
/** Parts that one step removes: about a megabyte. */
const REMOVED_AT_ONCE = 4

/** Prepares the reading of the parts between two numbers. */
export function preparePartsRead(db: DatabaseSync) {
  // As bytes: V8 keeps the string that is decoded from all of them outside its heap.
  return db.prepare('SELECT CAST(data AS BLOB) AS data FROM parts WHERE number BETWEEN ? AND ? ORDER BY number')
}

/** Returns the event of a row with all of its data. @throws {BytesDamagedError} it does not have all of its parts */
export function readEvent({ readParts }: Pick<Statements, 'readParts'>, row: Row): StoredEvent {
  if (((row.flags as number) & IN_PARTS) === 0) return toEvent(row)
  const { parts: key, bytes } = referenceOf(row)
  const whole = Buffer.concat(readParts.all(...numbersOf(key)).map((part) => part.data as Uint8Array))
  if (whole.length !== bytes) throw new BytesDamagedError()
  return toEvent({ ...row, whole })
}

/** @throws {BytesDamagedError} */
function referenceOf({ data }: Row): Reference {
  try {
    const { parts, bytes } = JSON.parse(data as string) as Reference
    return { parts, bytes }
  } catch {
    throw new BytesDamagedError()
  }
}

function numbersOf(key: number): [first: number, last: number] {
  return [key * NUMBERS, (key + 1) * NUMBERS - 1]
}

/**
 * Writes large data in parts, each in a transaction before the one of its event, and removes parts to which no event refers, in
 * steps. Those that a process has left behind are removed by the next one.
 */
export class SqliteParts {
  readonly #file: SqliteFile
  readonly #sql: Statements
  /** Keys of uploads, whose parts no event refers to yet. */
  readonly #uploads = new Set<number>()
  #lastKey: number

  constructor({ file, sql }: { file: SqliteFile; sql: Statements }) {
    this.#file = file
    this.#sql = sql
    this.#lastKey = (sql.lastPartsKey.get()?.seq as number | undefined) ?? 0
  }

  /** Begins to write the data of an event; `undefined` if it is not large. It has to be ended. */
  begin({ data }: NewEvent): Upload | undefined {
    if (!isLarge(data)) return undefined
    const key = ++this.#lastKey
    this.#uploads.add(key)
    return { parts: key, bytes: Buffer.byteLength(data), texts: cut(data) }
  }

  /** Writes a part, inside a transaction. @param nth counts from 0 */
  write({ parts: key, texts }: Upload, nth: number): void {
    const text = texts[nth] as string
    this.#file.sync?.wrote(text.length)
    this.#sql.addLooseParts.run(key)
    this.#sql.insertPart.run(key * NUMBERS + nth, text)
  }

  /** Returns what the row of the event is to have instead of data, inside its transaction; `undefined` if not all parts were written. */
  refer({ parts, bytes }: Upload): string | undefined {
    if (this.#sql.bytesOfParts.get(...numbersOf(parts))?.bytes !== bytes) return undefined
    this.#sql.deleteLooseParts.run(parts)
    return JSON.stringify({ parts, bytes } satisfies Reference)
  }

  /** Ends an upload: if no event refers to its parts, they are to be removed. */
  end({ parts }: Upload): void {
    this.#uploads.delete(parts)
  }

  /** Notes that no event refers to the parts of a key any more, inside the transaction that removes or erases the event. */
  loosen(key: number, { erased }: { erased: boolean } = { erased: false }): void {
    this.#sql.loosenParts.run(key, Number(erased))
  }

  /** True if there are parts to remove; of erased events, if asked so. */
  hasLoose(which: { erased: boolean } = { erased: false }): boolean {
    return this.#loose(which) !== undefined
  }

  /** Removes some of these parts, inside a transaction. @returns false if there were none */
  removeLoose(which: { erased: boolean } = { erased: false }): boolean {
    const loose = this.#loose(which)
    // Parts of a damaged file stay.
    return loose !== undefined && this.#file.damage.attempt(() => this.#remove(loose)) === true
  }

  /** Removes some parts of a key, and the key with the last of them. */
  #remove({ key, erased }: { key: number; erased: number }): true {
    const { db, sync } = this.#file
    if (erased) db.exec('PRAGMA secure_delete = ON')
    sync?.wrote(erased ? REMOVED_AT_ONCE * PART_CHARACTERS : 0)
    try {
      const { changes } = this.#sql.deleteParts.run(...numbersOf(key), REMOVED_AT_ONCE)
      if (changes < REMOVED_AT_ONCE) this.#sql.deleteLooseParts.run(key)
      return true
    } finally {
      if (erased) db.exec('PRAGMA secure_delete = FAST')
    }
  }

  #loose({ erased }: { erased: boolean }) {
    if (this.#file.damage.suspected) return undefined
    const row = this.#sql.looseParts.get(JSON.stringify([...this.#uploads]), Number(erased))
    return row as { key: number; erased: number } | undefined
  }
}
