import { randomUUID } from 'node:crypto'
import type { NewEvent } from '../../events/event.ts'
import { cut, isLarge, type PartsReference } from '../parts.ts'
import type { PostgresPool } from './connection.ts'

/** Large data that is being written. */
export interface Upload extends PartsReference<string> {
  readonly event: NewEvent
  readonly texts: readonly string[]
  /** The numbers of the parts that are written. */
  readonly written: Set<number>
  /** No further part is written: one could not be, or the event is a duplicate. */
  ended: boolean
}

/** A part of an upload; `nth` counts from 0. */
export interface Part {
  readonly upload: Upload
  readonly nth: number
}

/** Parts that one statement removes: about four megabytes. */
const REMOVED_AT_ONCE = 16

/**
 * Writes large data in parts, and removes parts to which no event refers. Keys are random: two servers of PostgreSQL, of which the
 * second one has lost the end of the first, cannot give the same one.
 */
export class PostgresUploads {
  readonly #pool: PostgresPool
  readonly #retryMs: number
  /** True if all nodes read data in parts: those of the releases before would read a reference. */
  enabled = false

  /** @param retryMs milliseconds that writing a part may take */
  constructor({ pool, retryMs }: { pool: PostgresPool; retryMs: number }) {
    this.#pool = pool
    this.#retryMs = retryMs
  }

  /** Begins to write the data of an event; `undefined` if it is not to be in parts. */
  begin(event: NewEvent): Upload | undefined {
    const { data } = event
    if (!this.enabled || !isLarge(data)) return undefined
    const bytes = Buffer.byteLength(data)
    return { parts: randomUUID(), bytes, event, texts: cut(data), written: new Set(), ended: false }
  }

  /** Writes a part. Never rejects: if that fails, the row of the event has all of its data. */
  async write({ upload, nth }: Part): Promise<void> {
    const { parts: key, event, texts, written } = upload
    if (upload.ended || written.has(nth)) return
    const text = `SELECT ${this.#pool.schema}.write_part($1, $2, $3, $4, $5) AS written`
    const values = [key, nth, texts[nth], event.instance, event.id]
    try {
      const [row] = await this.#pool.ask({ name: 'write_part', text, values, query_timeout: this.#retryMs })
      if (row?.written === true) written.add(nth)
      else upload.ended = true
    } catch {
      upload.ended = true
    }
  }

  /** Has parts removed to which no event refers now that their appends are done. */
  async release(uploads: readonly (Upload | undefined)[]): Promise<void> {
    const keys = uploads.flatMap((upload) => (upload && upload.written.size > 0 ? [upload.parts] : []))
    if (keys.length === 0) return
    await this.#pool.query(`UPDATE ${this.#pool.schema}.loose_parts SET expires_at = 0 WHERE key = ANY ($1)`, [keys])
  }

  /** Removes some parts to which no event refers, apart from those that are being written. @returns false if there were none */
  async removeLoose(): Promise<boolean> {
    const { schema } = this.#pool
    const { removed } = await this.#pool.one(`SELECT ${schema}.remove_loose_parts($1) AS removed`, [REMOVED_AT_ONCE])
    return removed as boolean
  }

  /** Resolves when none are left. */
  async removeAllLoose(): Promise<void> {
    while (await this.removeLoose());
  }
}

/** What the row of an event is to have instead of its data; `undefined` if not all of its parts are written. */
export function referenceTo(upload: Upload | undefined, { data }: NewEvent): string | undefined {
  if (!upload || upload.ended || upload.written.size < upload.texts.length || upload.event.data !== data)
    return undefined
  const { parts, bytes } = upload
  return JSON.stringify({ parts, bytes } satisfies PartsReference<string>)
}
