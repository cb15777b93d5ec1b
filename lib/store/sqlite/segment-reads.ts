import { hasGeneratedId } from '../../events/event-id.ts'
import type { Row } from '../rows.ts'
import type { SqliteDamage } from './damage.ts'
import type { Indexed } from './open-segment.ts'
import { headOf, type Statements } from './statements.ts'

type IndexedRow = Record<'offset' | 'instance_key' | 'flags', number> & { id: string }

/** Reads what segments are made of; in a damaged file, what can be read of it. */
export class SegmentReads {
  readonly #sql: Statements
  readonly #damage: SqliteDamage

  constructor({ sql, damage }: { sql: Statements; damage: SqliteDamage }) {
    this.#sql = sql
    this.#damage = damage
  }

  /** The highest offset so far; 0: none. */
  head(): number {
    return headOf(this.#sql)
  }

  /** The times in ids of full segments, as `GeneratedIds` has them. */
  idTimes(): Row[] {
    return this.#damage.attempt(() => this.#sql.idTimes.all()) ?? []
  }

  /** Events from one offset up to another. */
  events(from: number, to: number): Indexed[] {
    const rows = this.#damage.attempt(() => this.#sql.indexed.all(from, to))
    if (rows) return rows.map(toIndexed)
    const count = Math.max(0, Math.min(to, this.head()) - from + 1)
    return Array.from({ length: count }, (_, place) => this.#one(from + place)).flat()
  }

  #one(offset: number): Indexed[] {
    try {
      const row = this.#sql.readOne.get(offset)
      return row ? [toIndexed(row)] : []
    } catch (error) {
      this.#damage.met(error, offset)
      return []
    }
  }
}

/** An event from a row with its offset, key of its instance, flags and id. */
export function toIndexed(row: Row): Indexed {
  const { offset, instance_key: instanceKey, flags, id } = row as unknown as IndexedRow
  return { offset, instanceKey, generatedId: hasGeneratedId({ flags, id }) ? id : undefined }
}
