import { hasGeneratedId } from '../../events/event-id.ts'
import type { NewEvent } from '../../events/event.ts'
import type { IdSearch } from './id-search.ts'
import type { SqliteSegments } from './segments.ts'
import type { Statements } from './statements.ts'

/** Finds events by their ids. */
export class SqliteIds {
  readonly #sql: Statements
  readonly #segments: SqliteSegments

  constructor(sql: Statements, segments: SqliteSegments) {
    this.#sql = sql
    this.#segments = segments
  }

  /** Searches for the ids that callers gave these events, which may be generated ids that come back. */
  search(events: readonly NewEvent[]): IdSearch {
    return this.#segments.search(events.filter((event) => !hasGeneratedId(event)).map(({ id }) => id))
  }

  /**
   * The offset of an instance's event with an id that a caller gives; `undefined` if there is none.
   * @param search one for this id and others; inside a transaction it is needed
   */
  find(id: string, instanceKey: number, search = this.#segments.search([id])): number | undefined {
    const given = this.#sql.findId.get(id, instanceKey)
    if (given) return given.offset as number
    const offset = search.offsetOf(id)
    return offset !== undefined && this.#sql.isAt.get(offset, instanceKey, id) ? offset : undefined
  }

  /** The offsets of the events of all instances with an id. */
  findAll(id: string): number[] {
    const given = this.#sql.findIds.all(id).map(({ offset }) => offset as number)
    const generated = this.#segments.search([id]).offsetOf(id)
    return generated === undefined ? given : [...given, generated]
  }

  /** Adds an id that a caller gave, inside a transaction. */
  add(id: string, instanceKey: number, offset: number): void {
    this.#sql.insertId.run(id, instanceKey, offset)
  }
}
