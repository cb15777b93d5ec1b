import type { Statements } from './statements.ts'

/** The numbers of queue names: a delivery's row has the number, everybody else the name. */
export class SqliteQueues {
  readonly #sql: Statements
  readonly #keys = new Map<string, number>()
  readonly #names = new Map<number, string>()

  constructor(sql: Statements) {
    this.#sql = sql
    this.reload()
  }

  /** `undefined`: nothing was ever delivered to it. */
  find(name: string): number | undefined {
    return this.#keys.get(name)
  }

  /** Inside a transaction: the number of a name, given to it if it has none. */
  key(name: string): number {
    const known = this.#keys.get(name)
    if (known !== undefined) return known
    const key = Number(this.#sql.insertQueue.run(name).lastInsertRowid)
    this.#remember(name, key)
    return key
  }

  name(key: number): string {
    // Every key in a delivery was taken from here.
    return this.#names.get(key) as string
  }

  /** After a rollback the table is the truth. */
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
