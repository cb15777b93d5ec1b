import { setImmediate } from 'node:timers/promises'
import { numberArray, textArray } from './binary-array.ts'
import type { PostgresPool } from './connection.ts'
import type { Batcher, CommitQueue } from '../commit-queue.ts'
import type { KnownQueue, QueueStore } from '../queue-store.ts'

export interface PostgresKnownQueuesOptions {
  pool: PostgresPool
  writes: CommitQueue
}

/** Queues that one statement writes. */
const MAX_WRITTEN = 1_000

/** Queues as SQS has described them. Those that are asked for in one turn of the event loop are one query. */
export class PostgresKnownQueues implements QueueStore {
  readonly #options: PostgresKnownQueuesOptions
  #names: string[] = []
  #asking: Promise<Map<string, KnownQueue>> | undefined
  readonly #keeping: Batcher<KnownQueue, void> = {
    run: (queues) => this.#keep(queues).then(() => queues.map(() => undefined)),
    weigh: () => 1 / MAX_WRITTEN
  }

  constructor(options: PostgresKnownQueuesOptions) {
    this.#options = options
  }

  async find(name: string, service: string): Promise<KnownQueue | undefined> {
    this.#options.pool.assertOpen()
    this.#names.push(name)
    this.#asking ??= this.#ask()
    const queue = (await this.#asking).get(name)
    return queue?.service === service ? queue : undefined
  }

  async list(service: string, { after, limit }: { after: string; limit: number }): Promise<KnownQueue[]> {
    const { pool } = this.#options
    const rows = await pool.query(
      `SELECT name, service, url, max_bytes FROM ${pool.schema}.known_queues
      WHERE service = $1 AND name > $2 ORDER BY name LIMIT $3`,
      [service, after, limit]
    )
    return rows.map(toKnownQueue)
  }

  keep(queue: KnownQueue): Promise<void> {
    return this.#options.writes.add(this.#keeping, queue, { lazy: true })
  }

  forget(name: string): Promise<void> {
    const { pool, writes } = this.#options
    return writes.addSingle(async () => {
      await pool.query(`DELETE FROM ${pool.schema}.known_queues WHERE name = $1`, [name])
    })
  }

  async #ask(): Promise<Map<string, KnownQueue>> {
    await setImmediate()
    const names = this.#names
    this.#names = []
    this.#asking = undefined
    const { pool } = this.#options
    const rows = await pool.query(
      `SELECT name, service, url, max_bytes FROM ${pool.schema}.known_queues WHERE name = ANY ($1::text[])`,
      [textArray(names)]
    )
    return new Map(rows.map((row) => [row.name as string, toKnownQueue(row)]))
  }

  async #keep(queues: readonly KnownQueue[]): Promise<void> {
    const { schema } = this.#options.pool
    // The last of each name: one statement may not change a row twice.
    const last = [...new Map(queues.map((queue) => [queue.name, queue])).values()]
    const texts = (pick: (queue: KnownQueue) => string) => textArray(last.map(pick))
    await this.#options.pool.query(
      // In one order, so that two nodes do not wait for each other.
      `INSERT INTO ${schema}.known_queues (name, service, url, max_bytes)
      SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::integer[]) k(name) ORDER BY k.name COLLATE "C"
      ON CONFLICT (name) DO UPDATE
      SET service = excluded.service, url = excluded.url, max_bytes = excluded.max_bytes`,
      [
        texts(({ name }) => name),
        texts(({ service }) => service),
        texts(({ url }) => url),
        numberArray(last.map(({ maxBytes }) => maxBytes))
      ]
    )
  }
}

function toKnownQueue({ max_bytes, ...row }: Record<string, unknown>): KnownQueue {
  return { ...row, maxBytes: max_bytes } as KnownQueue
}
