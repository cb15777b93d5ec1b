import type { Statements } from './statements.ts'

/** Numbers of queue names, which rows have in place of the names. */
export class SqliteQueues {
  readonly #sql: Statements
  readonly #keys = new Map<string, number>()
  readonly #names = new Map<number, string>()

  constructor(sql: Statements) {
    this.#sql = sql
    this.reload()
  }

  /** The number of a queue; `undefined` if there was no delivery to it yet. */
  find(name: string): number | undefined {
    return this.#keys.get(name)
  }

  /** The number of a queue, inside a transaction; an unknown queue gets one. */
  key(name: string): number {
    const known = this.#keys.get(name)
    if (known !== undefined) return known
    const key = Number(this.#sql.insertQueue.run(name).lastInsertRowid)
    this.#remember(name, key)
    return key
  }

  name(key: number): string {
    // Every number in a row was taken from here.
    return this.#names.get(key) as string
  }

  /** To be called after a rollback, which may have removed numbers. */
  reload(): void {
    this.#keys.clear()
    this.#names.clear()
    for (const row of this.#sql.allQueues.all()) this.#remember(row.name as string, row.key as number)
  }

  #remember(name: string, key: number): void {
    this.#keys.set(name, key)
    this.#names.set(key, name)
  }
}
