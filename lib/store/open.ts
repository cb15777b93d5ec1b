import { fileURLToPath } from 'node:url'
import { StoreUnsupportedError } from '../errors.ts'
import type { PostgresStoreOptions } from './postgres/store.ts'
import type { SqliteStoreOptions } from './sqlite/store.ts'
import type { EventStore } from './event-store.ts'

export const DEFAULT_STORE_URL = 'file:./data/instance-events.db'

export interface OpenStoreOptions {
  /** `file:<path>`, `:memory:` or `postgres://<user>@<host>/<database>`. @default 'file:./data/instance-events.db' */
  url?: string
  /** Pending deliveries beyond which events are refused with `IEV_BACKPRESSURE`. @default 1_000_000 */
  maxPendingDeliveries?: number
  /** Told of each commit. */
  onCommit?: SqliteStoreOptions['onCommit']
  /** Told of damage in SQLite's file, as it is met. */
  onDamage?: SqliteStoreOptions['onDamage']
  /** Told when PostgreSQL is lost, and with no error when it is back. */
  onConnection?: PostgresStoreOptions['onConnection']
  /** Where PostgreSQL keeps it. @default 'instance_events' */
  schema?: string
}

/** @throws {StoreUnsupportedError} for a URL that no backend takes */
export async function openStore({
  url = DEFAULT_STORE_URL,
  onDamage,
  ...options
}: OpenStoreOptions): Promise<EventStore> {
  // Each backend is loaded only where it is used: Node 22 prints a warning when SQLite is.
  if (isPostgresUrl(url)) {
    const { PostgresStore } = await import('./postgres/store.ts')
    return PostgresStore.open({ url, ...options })
  }
  const { onConnection, schema, ...limits } = options
  const { SqliteStore } = await import('./sqlite/store.ts')
  return new SqliteStore({ path: storePath(url), onDamage, ...limits })
}

/** Whether a database URL is PostgreSQL's. */
export function isPostgresUrl(url: string): boolean {
  return /^postgres(ql)?:\/\//.test(url)
}

/** The file that a database URL names. */
export function storePath(url: string): string {
  if (url === ':memory:') return url
  const path = url.startsWith('file://') ? fileURLToPath(url) : url.replace(/^file:/, '')
  if (path === '' || path === url) throw new StoreUnsupportedError(url)
  return path
}
