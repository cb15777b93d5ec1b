import { setTimeout as sleep } from 'node:timers/promises'
import { Client, type QueryConfig } from 'pg'
import { connectionConfig } from './connection.ts'
import type { Row } from '../rows.ts'
import { SharedRun } from './shared-run.ts'

export interface SessionTiming {
  /** How often the connection has to show that it lives. @default 1_000 */
  beatMs?: number
  /** How long it may take to. @default 1_500 */
  timeoutMs?: number
  /**
   * How long PostgreSQL waits for a sign of life before it ends the session and gives its locks away: longer than it
   * takes us to notice. @default 3_500
   */
  silenceMs?: number
}

export interface SessionOptions extends SessionTiming {
  url: string
  /** What is listened to. */
  channel: string
  /** Asked after each connect, before the first beat. */
  begin: QueryConfig
  /** Asked again and again. */
  beat: QueryConfig
  beaten: (row: Row) => void
  /** @param number of what follows it, if any */
  notified: (kind: string, number: number) => void
  /** The connection is gone, and all it held with it: at once, before anybody else can have it. */
  lost: (error: Error) => void
  /** It is there again. */
  back?: () => void
}

const FIRST_DELAY_MS = 50
const MAX_DELAY_MS = 1_000

/**
 * A connection that stays: it listens and holds advisory locks. It shows that it lives by a query a second; when one is
 * not answered in time the connection is given up, and made anew.
 */
export class PostgresSession {
  readonly #options: SessionOptions & Required<SessionTiming>
  readonly #beating = new SharedRun(() => this.#beat())
  readonly #stop = new AbortController()
  #client: Client | undefined
  #timer: NodeJS.Timeout | undefined
  #reconnecting: Promise<void> | undefined
  /** The driver takes one query at a time. */
  #turn: Promise<unknown> = Promise.resolve()
  #heardAt = 0

  constructor(options: SessionOptions) {
    this.#options = { beatMs: 1_000, timeoutMs: 1_500, silenceMs: 3_500, ...options }
  }

  get connected(): boolean {
    return this.#client !== undefined
  }

  /** Whether PostgreSQL has certainly not ended this session for its silence, though we may not know yet. */
  get alive(): boolean {
    return this.connected && performance.now() < this.#heardAt + this.#options.silenceMs * 0.85
  }

  /** Connects. @throws as the driver does; from then on it connects again by itself */
  start(): Promise<void> {
    return this.#connect()
  }

  /** @throws as the driver does; whatever fails here ends the connection */
  query(query: QueryConfig): Promise<Row[]> {
    const client = this.#client
    const turn = this.#turn.then(() => this.#ask(client, query))
    this.#turn = turn.catch(() => {})
    return turn
  }

  /** Beats now. */
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
    client.on('notification', ({ payload = '' }) => {
      const [kind = '', number] = payload.split(' ')
      this.#options.notified(kind, Number(number))
    })
    try {
      await client.connect()
      await client.query(`SET idle_session_timeout = ${silenceMs}; LISTEN ${channel}`)
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
    // What fails here is lost, and was said to be.
    const [row] = await this.query(this.#options.beat).catch((): Row[] => [])
    if (!row || !this.#client) return
    this.#timer = setTimeout(() => void this.beat(), this.#options.beatMs)
    this.#options.beaten(row)
  }

  #lose(client: Client, error: Error): void {
    if (client !== this.#client) return
    this.#client = undefined
    clearTimeout(this.#timer)
    // Without waiting: a connection that hangs may take long to end.
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
