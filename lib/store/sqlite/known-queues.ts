import type { SqliteCommits } from './commits.ts'
import type { SqliteFile } from './file.ts'
import type { Statements } from './statements.ts'
import type { KnownQueue, QueueStore } from '../queue-store.ts'

export interface SqliteKnownQueuesOptions {
  file: SqliteFile
  sql: Statements
  commits: SqliteCommits
}

/** Queues as SQS has described them. */
export class SqliteKnownQueues implements QueueStore {
  readonly #options: SqliteKnownQueuesOptions

  constructor(options: SqliteKnownQueuesOptions) {
    this.#options = options
  }

  async find(name: string, service: string): Promise<KnownQueue | undefined> {
    const { file, sql } = this.#options
    const row = file.read(() => sql.findKnownQueue.get(name, service))
    return row && { name, service, url: row.url as string, maxBytes: row.max_bytes as number }
  }

  async keep({ name, service, url, maxBytes }: KnownQueue): Promise<void> {
    const { commits, sql } = this.#options
    await commits.add({ run: () => sql.putKnownQueue.run(name, service, url, maxBytes) }, { lazy: true })
  }

  async forget(name: string): Promise<void> {
    const { commits, sql } = this.#options
    await commits.add({ run: () => sql.deleteKnownQueue.run(name) })
  }
}
