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
    return row && knownQueueOf(row, service)
  }

  async list(service: string, { after, limit }: { after: string; limit: number }): Promise<KnownQueue[]> {
    const { file, sql } = this.#options
    const rows = file.read(() => sql.listKnownQueues.all(service, after, limit))
    return rows.map((row) => knownQueueOf(row, service))
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

function knownQueueOf({ name, url, max_bytes: maxBytes }: Record<string, unknown>, service: string): KnownQueue {
  return { name, service, url, maxBytes } as KnownQueue
}
