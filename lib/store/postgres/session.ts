import { setTimeout as sleep } from 'node:timers/promises'
import { Client, type QueryConfig } from 'pg'
import { connectionConfig } from './connection.ts'
import type { Row } from '../rows.ts'
import { SharedRun } from './shared-run.ts'

/** Time limits of a session. */
export interface SessionTiming {
  /** Milliseconds between two beats: queries that show that the connection works. @default 1_000 */
  beatMs?: number
  /** Milliseconds that a beat may take. @default 1_500 */
  timeoutMs?: number
  /**
   * Milliseconds without a query after which PostgreSQL ends the session and frees its locks; longer than this process
   * needs to notice a lost connection. @default 3_500
   */
  silenceMs?: number
}

/** A notification of the schema's channel. */
export interface Notification {
  /** Its first word. */
  readonly kind: string
  /** Its second word; `NaN` if there is none. */
  readonly number: number
  readonly rest: readonly string[]
  /** The process id of the connection that sent it. */
  readonly pid: number
}

export interface SessionOptions extends SessionTiming {
  url: string
  /** Channel of notifications. Every listening connection costs PostgreSQL a transaction for each of them. @default none */
  channel?: string
  /** Runs after each connect, before the first beat. */
  begin: QueryConfig
  /** The query of a beat. */
  beat: QueryConfig
  /** Called with the row of each beat. */
  beaten: (row: Row) => void
  notified?: (notification: Notification) => void
  /** Called when the connection is lost, and its locks with it: before another session can have them. */
  lost: (error: Error) => void
  /** Called when it is connected again. */
  back?: () => void
}

const FIRST_DELAY_MS = 50
const MAX_DELAY_MS = 1_000

/**
 * A connection that is kept open: it receives notifications and holds advisory locks. A query every second checks that it
 * works; if one is not answered in time, the connection is closed and made anew.
 */
export class PostgresSession {
  readonly #options: SessionOptions & Required<SessionTiming>
  readonly #beating = new SharedRun(() => this.#beat())
  readonly #stop = new AbortController()
  #client: Client | undefined
  #timer: NodeJS.Timeout | undefined
  #reconnecting: Promise<void> | undefined
  /** The last query: the driver takes one at a time. */
  #turn: Promise<unknown> = Promise.resolve()
  #heardAt = 0

  constructor(options: SessionOptions) {
    this.#options = { beatMs: 1_000, timeoutMs: 1_500, silenceMs: 3_500, ...options }
  }

  get connected(): boolean {
    return this.#client !== undefined
  }

  /** True as long as PostgreSQL cannot have ended this session, by the time of its last answered query. */
  get alive(): boolean {
    return this.connected && performance.now() < this.#heardAt + this.#options.silenceMs * 0.85
  }

  /** Connects. Later it connects again by itself. @throws as the driver does */
  start(): Promise<void> {
    return this.#connect()
  }

  /** Runs a query; if it fails, the connection is closed. @throws as the driver does */
  query(query: QueryConfig): Promise<Row[]> {
    const client = this.#client
    const turn = this.#turn.then(() => this.#ask(client, query))
    this.#turn = turn.catch(() => {})
    return turn
  }

  /** Makes a beat now. */
  beat(): Promise<void> {
    return this.#beating.run()
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#stop.abort()
    await this.#reconnecting
    const client = this.#client
    this.#client = undefined
    clearTimeout(this.#timer)
    await this.#turn
    await client?.end()
  }

  async #connect(): Promise<void> {
    const { url, channel, begin, timeoutMs, silenceMs } = this.#options
    const client = new Client({ ...connectionConfig(url), query_timeout: timeoutMs })
    client.on('error', (error) => this.#lose(client, error))
    client.on('notification', ({ payload = '', processId: pid }) => {
      const [kind = '', number, ...rest] = payload.split(' ')
      this.#options.notified?.({ kind, number: Number(number), rest, pid })
    })
    try {
      await client.connect()
      await client.query(`SET idle_session_timeout = ${silenceMs}${channel === undefined ? '' : `; LISTEN ${channel}`}`)
      await client.query(begin)
    } catch (error) {
      void client.end().catch(() => {})
      throw error
    }
    this.#client = client
    await this.beat()
  }

  async #ask(client: Client | undefined, query: QueryConfig): Promise<Row[]> {
    if (!client || client !== this.#client) throw new Error('the connection was lost')
    const askedAt = performance.now()
    try {
      const { rows } = await client.query<Row>(query)
      this.#heardAt = askedAt
      return rows
    } catch (error) {
      this.#lose(client, error as Error)
      throw error
    }
  }

  async #beat(): Promise<void> {
    clearTimeout(this.#timer)
    // If it fails, the connection is lost, and `lost` was called.
    const [row] = await this.query(this.#options.beat).catch((): Row[] => [])
    if (!row || !this.#client) return
    this.#timer = setTimeout(() => void this.beat(), this.#options.beatMs)
    this.#options.beaten(row)
  }

  #lose(client: Client, error: Error): void {
    if (client !== this.#client) return
    this.#client = undefined
    clearTimeout(this.#timer)
    // Not awaited: closing a connection that hangs can take long.
    void client.end().catch(() => {})
    this.#options.lost(error)
    this.#reconnecting = this.#reconnect()
  }

  async #reconnect(): Promise<void> {
    const { signal } = this.#stop
    for (let delayMs = FIRST_DELAY_MS; !signal.aborted; delayMs = Math.min(delayMs * 2, MAX_DELAY_MS)) {
      try {
        await sleep(delayMs, undefined, { signal })
        await this.#connect()
        return this.#options.back?.()
      } catch {
        // PostgreSQL is still away.
      }
    }
  }
}
