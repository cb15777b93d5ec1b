import { numberArray, textArray } from './binary-array.ts'
import { partitionOf } from '../partitions.ts'
import type { PostgresPool } from './connection.ts'
import { pageValues } from './reads.ts'
import { toDeadLetter } from '../rows.ts'
import { SerialQueue, type Batcher } from '../serial-queue.ts'
import type { DeadLetter, DeadLetterPage } from '../dead-letter-store.ts'
import type { DeliveryRef, Failure } from '../delivery-store.ts'

export interface DeliveriesOptions {
  pool: PostgresPool
  schema: string
  /** Told by how many the pending ones have changed. */
  changed: (by: number) => void
}

/** What becomes of deliveries, in the order of calls. Acknowledgements wait for each other, and are one statement. */
export class PostgresDeliveries {
  readonly #options: DeliveriesOptions
  readonly #writes = new SerialQueue()
  readonly #acknowledging: Batcher<readonly DeliveryRef[], void> = {
    run: (items) => this.#acknowledge(items.flat()).then(() => items.map(() => undefined)),
    weigh: ({ length }) => length,
    maxWeight: 5_000
  }

  constructor(options: DeliveriesOptions) {
    this.#options = options
  }

  get busy(): boolean {
    return this.#writes.busy
  }

  acknowledge(deliveries: readonly DeliveryRef[]): Promise<void> {
    return this.#writes.addTo(this.#acknowledging, deliveries, { lazy: true })
  }

  bury({ queue, instanceKey, offset }: DeliveryRef, { reason, message, attempts }: Failure): Promise<void> {
    const { pool, schema, changed } = this.#options
    return this.#writes.add(async () => {
      const rows = await pool.query(
        `WITH gone AS (
          DELETE FROM ${schema}.deliveries d
          WHERE d.partition = $1 AND d.instance_key = $2 AND d."offset" = $3
          AND d.queue_key = (SELECT key FROM ${schema}.queues WHERE name = $4)
          RETURNING d.queue_key, d.instance_key, d."offset"
        )
        INSERT INTO ${schema}.dead_letters (queue_key, instance_key, "offset", reason, message, attempts, died_at)
        SELECT g.*, $5, $6, $7, ${schema}.now_ms() FROM gone g RETURNING 1`,
        [partitionOf(instanceKey), instanceKey, offset, queue, withoutNul(reason), withoutNul(message), attempts]
      )
      changed(-rows.length)
    })
  }

  redrive(page: DeadLetterPage): Promise<DeadLetter[]> {
    return this.#writes.add(async () => {
      const letters = await this.#take('redrive', page)
      this.#options.changed(letters.length)
      return letters
    })
  }

  discard(page: DeadLetterPage): Promise<DeadLetter[]> {
    return this.#writes.add(() => this.#take('discard', page))
  }

  close(): Promise<void> {
    return this.#writes.close()
  }

  async #acknowledge(deliveries: readonly DeliveryRef[]): Promise<void> {
    const { pool, schema, changed } = this.#options
    const rows = await pool.query(
      `DELETE FROM ${schema}.deliveries d
      USING unnest($1::text[], $2::smallint[], $3::bigint[], $4::bigint[]) a(queue, partition, instance_key, "offset")
      JOIN ${schema}.queues q ON q.name = a.queue
      WHERE d.partition = a.partition AND d.instance_key = a.instance_key
      AND d.queue_key = q.key AND d."offset" = a."offset" RETURNING 1`,
      [
        textArray(deliveries.map(({ queue }) => queue)),
        numberArray(deliveries.map(({ instanceKey }) => partitionOf(instanceKey))),
        numberArray(deliveries.map(({ instanceKey }) => instanceKey)),
        numberArray(deliveries.map(({ offset }) => offset))
      ]
    )
    changed(-rows.length)
  }

  async #take(what: 'redrive' | 'discard', page: DeadLetterPage): Promise<DeadLetter[]> {
    const { pool, schema } = this.#options
    const rows = await pool.query(`SELECT * FROM ${schema}.${what}($1, $2, $3, $4, $5, $6, $7)`, pageValues(page))
    return rows.map(toDeadLetter)
  }
}

/** PostgreSQL's text has no NUL; what somebody else's error says may. */
function withoutNul(text: string): string {
  return text.replaceAll('\0', '')
}
