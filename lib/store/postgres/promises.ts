import { randomInt, randomUUID } from 'node:crypto'
import { Client, type ClientConfig } from 'pg'
import { connectionConfig, isTransient } from './connection.ts'

/** The oldest usable release: the first with `idle_session_timeout` and SQL function bodies. */
const MIN_VERSION = { number: 140_000, name: '14' }
/** Time limit of each query: a pooler without a free connection makes its client wait. */
const PATIENCE_MS = 3_000
/** A pooler may hand out the same connection twice by chance. */
const ROUNDS = 3

/** The first number of the check's locks; those of schemas are positive. */
const LOCK_SPACE = -1

interface Server {
  version: string
  number: number
  encoding: string
  standby: boolean
  readOnly: string
}

/**
 * Checks that a database has what the event log needs: every character, write access, and sessions that keep their
 * connection, with advisory locks that exclude others and with notifications. It tries them, since what is in between
 * (PgBouncer, other databases with PostgreSQL's protocol) does not say what it is. Nothing is written.
 * @returns what is missing, with the remedy; `undefined` if nothing is
 * @throws as the driver does
 */
export async function brokenPromise(url: string): Promise<string | undefined> {
  const config = { ...connectionConfig(url), query_timeout: PATIENCE_MS }
  const [one, other] = [new Session(config), new Session(config)]
  try {
    await one.connect()
    return unfit(await one.server()) ?? (await unfitSessions(one, other))
  } finally {
    await Promise.all([one.end(), other.end()])
  }
}

function unfit({ version, number, encoding, standby, readOnly }: Server): string | undefined {
  if (number < MIN_VERSION.number) return `it is ${version}: PostgreSQL ${MIN_VERSION.name} or newer is needed`
  if (encoding !== 'UTF8')
    return `its encoding is ${encoding}, which cannot store every character: use a database that was created with ENCODING 'UTF8'`
  if (standby) return 'it is a read-only standby: connect to the primary'
  if (readOnly === 'on') return 'its transactions are read-only (default_transaction_read_only): connect to the primary'
  return undefined
}

async function unfitSessions(one: Session, other: Session): Promise<string | undefined> {
  const lock = randomInt(2 ** 31)
  const channel = `iev_${randomUUID().replaceAll('-', '')}`
  try {
    await other.connect()
    for (let round = 0; round < ROUNDS; round++) {
      // The other session occupies a connection by a transaction: a pooler then gives this one another connection.
      const mine = await one.pid()
      await other.begin()
      const same = (await one.pid()) === mine
      await other.commit()
      if (!same) return NO_SESSION
    }
    await one.query(`SELECT pg_advisory_lock(${LOCK_SPACE}, ${lock})`)
    if (await other.tryLock(lock)) return NO_LOCKS
    const heard = await one.hears(channel, () => other.query(`SELECT pg_notify('${channel}', '')`))
    return heard ? undefined : NO_NOTIFICATIONS
  } catch (error) {
    return reasonOf(error as Error)
  }
}

const NO_SESSION =
  'a connection pooler switches connections between transactions or statements, so locks and LISTEN are lost: connect to PostgreSQL directly, or set pool_mode = session'
const TOO_FEW = 'the connection pooler allows no second connection: increase its pool size, and set pool_mode = session'
const NO_LOCKS =
  'its advisory locks do not exclude other sessions, so two nodes would send the same events: use a PostgreSQL server'
const NO_NOTIFICATIONS = 'notifications of NOTIFY do not reach the sessions that LISTEN: use a PostgreSQL server'

/** @throws the error if it has nothing to do with sessions: PostgreSQL has no free connection, or is stopping */
function reasonOf(error: Error): string {
  const { message } = error
  if (message.includes('statement pooling')) return NO_SESSION
  if (message === 'Query read timeout') return TOO_FEW
  if (isTransient(error)) throw error
  return `it does not support sessions, advisory locks and LISTEN as PostgreSQL does: ${message}`
}

/** A session, as a client sees it. */
class Session {
  readonly #client: Client

  constructor(config: ClientConfig) {
    this.#client = new Client(config)
    // Without a listener an error ends the process; a query in progress rejects by itself.
    this.#client.on('error', () => {})
  }

  async connect(): Promise<void> {
    await this.#client.connect()
  }

  async query<R extends object>(text: string): Promise<R> {
    const { rows } = await this.#client.query<R>(text)
    return rows[0] as R
  }

  server(): Promise<Server> {
    return this.query(`SELECT version(), current_setting('server_version_num')::int AS number,
      current_setting('server_encoding') AS encoding, pg_is_in_recovery() AS standby,
      current_setting('default_transaction_read_only') AS "readOnly"`)
  }

  async pid(): Promise<number> {
    return (await this.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).pid
  }

  async begin(): Promise<void> {
    await this.query('BEGIN')
    await this.pid()
  }

  async commit(): Promise<void> {
    await this.query('COMMIT')
  }

  async tryLock(lock: number): Promise<boolean> {
    return (await this.query<{ got: boolean }>(`SELECT pg_try_advisory_lock(${LOCK_SPACE}, ${lock}) AS got`)).got
  }

  /** True if it receives a notification that `say` sends on a channel. */
  async hears(channel: string, say: () => Promise<unknown>): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    this.#client.once('notification', () => resolve(true))
    await this.query(`LISTEN ${channel}`)
    await say()
    const timer = setTimeout(() => resolve(false), PATIENCE_MS)
    return promise.finally(() => clearTimeout(timer))
  }

  async end(): Promise<void> {
    await this.#client.end().catch(() => {})
  }
}
