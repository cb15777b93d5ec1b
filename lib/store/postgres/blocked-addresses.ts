import { isIP } from 'node:net'
import type { BlockedAddresses } from '../blocked-addresses.ts'
import type { PostgresPool } from './connection.ts'
import type { Notification } from './session.ts'

/** Tells nodes of blocked addresses by notifications. A node that is not connected misses them, and finds out by itself. */
export class PostgresBlockedAddresses implements BlockedAddresses {
  readonly #pool: PostgresPool
  readonly #listeners = new Set<(address: string, forMs: number) => void>()

  constructor(pool: PostgresPool) {
    this.#pool = pool
  }

  tell(address: string, forMs: number): void {
    // A header of a proxy may contain anything.
    if (isIP(address) === 0) return
    const message = `blocked ${Math.ceil(forMs)} ${address}`
    this.#pool.query('SELECT pg_notify($1, $2)', [this.#pool.schema, message]).catch(() => {})
  }

  listen(listener: (address: string, forMs: number) => void): void {
    this.#listeners.add(listener)
  }

  notified({ number: forMs, rest }: Notification): void {
    for (const listener of this.#listeners) listener(rest.join(' '), forMs)
  }
}
