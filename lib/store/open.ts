import { fileURLToPath } from 'node:url'
import { StoreUnsupportedError } from '../errors.ts'
import { withoutPassword } from '../text/without-password.ts'
import type { PostgresStoreOptions } from './postgres/store.ts'
import type { SqliteStoreOptions } from './sqlite/store.ts'
import type { EventStore } from './event-store.ts'

export const DEFAULT_STORE_URL = 'file:./data/instance-events.db'

const URLS = 'file:<path>, :memory: or postgres://<user>@<host>/<database>'

/** Options of `openStore`. */
export interface OpenStoreOptions {
  /** `file:<path>`, `:memory:` or `postgres://<user>@<host>/<database>`. @default 'file:./data/instance-events.db' */
  url?: string
  /** Pending deliveries beyond which events are refused with `IEV_BACKPRESSURE`. @default 1_000_000 */
  maxPendingDeliveries?: number
  /** Called after each commit. */
  onCommit?: SqliteStoreOptions['onCommit']
  /** Called for each damaged place in the SQLite file when it is first met. */
  onDamage?: SqliteStoreOptions['onDamage']
  /** Called while a SQLite file of an older release is brought over, if it is large. */
  onUpgrade?: SqliteStoreOptions['onUpgrade']
  /** Called at the start for each setting of PostgreSQL that endangers the log, with a line that has the remedy. */
  onRisk?: PostgresStoreOptions['onRisk']
  /** Called with an error when PostgreSQL is lost, and without one when it is back. */
  onConnection?: PostgresStoreOptions['onConnection']
  /** The PostgreSQL schema. @default 'instance_events' */
  schema?: string
}

/** Opens the store of a URL. @throws {StoreUnsupportedError} no backend has such URLs @throws as the backend does */
export async function openStore({
  url = DEFAULT_STORE_URL,
  onDamage,
  onUpgrade,
  ...options
}: OpenStoreOptions): Promise<EventStore> {
  // A backend is loaded only where it is used: Node 22 prints a warning when it loads SQLite.
  if (isPostgresUrl(url)) {
    const { PostgresStore } = await import('./postgres/store.ts')
    return PostgresStore.open({ url, ...options })
  }
  const { onConnection, onRisk, schema, ...limits } = options
  const { SqliteStore } = await import('./sqlite/store.ts')
  return new SqliteStore({ path: storePath(url), onDamage, onUpgrade, ...limits })
}

/** True for a URL of PostgreSQL. */
export function isPostgresUrl(url: string): boolean {
  return /^postgres(ql)?:\/\//.test(url)
}

/** The path of a `file:` URL, or `:memory:`. @throws {StoreUnsupportedError} it is neither */
export function storePath(url: string): string {
  if (url === ':memory:') return url
  const path = url.startsWith('file://') ? fileURLToPath(url) : url.replace(/^file:/, '')
  if (path === '' || path === url) throw new StoreUnsupportedError(withoutPassword(url), URLS)
  return path
}
