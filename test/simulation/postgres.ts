import { Client } from 'pg'
import { SimulatedProcess } from './clock.ts'
import type { History } from './history.ts'
import type { Lease, Session } from './postgres-session.ts'
import type { Random } from './random.ts'
import { Tables } from './tables.ts'
import type { Trace } from './trace.ts'

export interface PostgresOptions {
  random: Random
  history: History
  trace: Trace
  now: () => number
  /** Milliseconds of one way, at most. */
  latencyMs: number
}

type Query = { text: string; values?: unknown[] }
type Rows = Record<string, unknown>[]

const CONNECT_TIMEOUT_MS = 3_000
/** The driver's own limit of a query of a session, as `PostgresSession` sets it. */
const QUERY_TIMEOUT_MS = 1_500

/**
 * PostgreSQL as nodes see it over a network: tables, sessions with advisory locks, and notifications. The driver's `Client`
 * is answered by it while it is installed.
 */
export class SimulatedPostgres {
  readonly tables = new Tables()
  /** All locks of partitions that there ever were. */
  readonly leases: Lease[] = []
  /** So many reads of partitions that were just taken fail. */
  failedTakeOvers = 0
  /** Milliseconds that a write may take. */
  writeMs = 0
  /** A standby is about to become the primary. */
  hasStandby = false
  readonly #options: PostgresOptions
  readonly #sessions = new Map<Client, Session>()
  readonly #holders = new Map<number, Session>()
  readonly #pids = new Map<SimulatedProcess, number>()
  readonly #cutUntil = new Map<SimulatedProcess, number>()
  /** No connection is possible before this time. */
  #awayUntil = 0

  constructor(options: PostgresOptions) {
    this.#options = options
  }

  /** Answers the driver from now on. Returns how to end that. */
  install(): () => void {
    const { prototype } = Client
    const { connect, query, end } = prototype
    // oxlint-disable-next-line typescript/no-this-alias, unicorn/no-this-assignment -- methods of another object
    const server = this
    Object.assign(prototype, {
      connect(this: Client) {
        return server.#connect(this)
      },
      query(this: Client, asked: string | Query) {
        return server.#query(this, typeof asked === 'string' ? { text: asked } : asked)
      },
      end(this: Client) {
        return server.#end(this)
      }
    })
    return () => Object.assign(prototype, { connect, query, end })
  }

  get away(): boolean {
    return this.#options.now() < this.#awayUntil
  }

  /** Does work on the server for a process, which gets the result if it is not lost on the way. */
  ask<T>(process: SimulatedProcess, timeoutMs: number, work: () => T | Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const timer = setTimeout(() => reject(new Error('Query read timeout')), timeoutMs)
    const answer = (give: () => void) => {
      this.#travel(this.#arrival(process, 0), () =>
        process.deliver(() => {
          clearTimeout(timer)
          give()
        })
      )
    }
    this.#travel(this.#arrival(process, 0), () => {
      if (this.away) return answer(() => reject(refusedConnection()))
      void (async () => work())().then(
        (result) => answer(() => resolve(result)),
        (error: unknown) => answer(() => reject(error as Error))
      )
    })
    return promise
  }

  /** Sends a notification to every session that listens. */
  notify(payload: string, from: SimulatedProcess): void {
    const processId = this.pidOf(from)
    for (const session of this.#sessions.values())
      if (session.open && session.listens)
        this.#toClient(session, () => session.client.emit('notification', { payload, processId }))
  }

  /** The number of a process in notifications that it has sent. */
  pidOf(process: SimulatedProcess): number {
    const pid = this.#pids.get(process) ?? this.#pids.size + 1
    this.#pids.set(process, pid)
    return pid
  }

  /** Ends the sessions of a process. @param silent whether nobody tells it */
  drop(process: SimulatedProcess, { silent }: { silent: boolean }): void {
    for (const session of this.#sessions.values())
      if (session.process === process && session.open) this.#over(session, { silent })
  }

  /** Nothing gets through between a process and the server for so long. */
  cut(process: SimulatedProcess, ms: number): void {
    this.#cutUntil.set(process, this.#options.now() + ms)
  }

  /** Starts anew: ends all sessions, and refuses connections for so long. */
  restart(ms: number): void {
    this.tables.restart()
    this.#awayUntil = this.#options.now() + ms
    for (const session of this.#sessions.values()) if (session.open) this.#over(session, { silent: false })
  }

  mend(): void {
    this.failedTakeOvers = 0
    this.writeMs = 0
    this.#awayUntil = 0
    this.#cutUntil.clear()
  }

  #connect(client: Client): Promise<void> {
    const process = SimulatedProcess.current as SimulatedProcess
    return this.ask(process, CONNECT_TIMEOUT_MS, () => {
      const now = this.#options.now()
      const session: Session = {
        client,
        process,
        leases: new Map(),
        shared: new Set(),
        asked: new Set(),
        toServerAt: now,
        toClientAt: now,
        silenceMs: Infinity,
        listens: false,
        open: true
      }
      this.#sessions.set(client, session)
    })
  }

  #query(client: Client, query: Query): Promise<{ rows: Rows }> {
    const session = this.#sessions.get(client)
    if (!session) return Promise.reject(new Error('Client was closed and is not queryable'))
    const { promise, resolve, reject } = Promise.withResolvers<{ rows: Rows }>()
    const timer = setTimeout(() => reject(new Error('Query read timeout')), QUERY_TIMEOUT_MS)
    const answered = (give: () => void) => {
      clearTimeout(timer)
      session.asked.delete(fail)
      give()
    }
    const fail = (error: Error) => answered(() => reject(error))
    session.asked.add(fail)
    session.toServerAt = this.#arrival(session.process, session.toServerAt)
    this.#travel(session.toServerAt, () => {
      if (!session.open) return this.#toClient(session, () => this.#broken(session))
      clearTimeout(session.idle)
      const rows = this.#run(session, query)
      if (session.silenceMs < Infinity)
        session.idle = setTimeout(() => session.open && this.#over(session, { silent: false }), session.silenceMs)
      this.#toClient(session, () => answered(() => resolve({ rows })))
    })
    return promise
  }

  async #end(client: Client): Promise<void> {
    const session = this.#sessions.get(client)
    if (!session) return
    this.#sessions.delete(client)
    session.toServerAt = this.#arrival(session.process, session.toServerAt)
    this.#travel(session.toServerAt, () => session.open && this.#over(session, { silent: true }))
  }

  /** A session ends, with its locks. */
  #over(session: Session, { silent }: { silent: boolean }): void {
    const { history, now, trace } = this.#options
    clearTimeout(session.idle)
    session.open = false
    session.shared.clear()
    if (session.leases.size > 0) {
      history.lost(session.process)
      trace.add('postgres', `${session.process.name} loses ${session.leases.size} partitions`)
    }
    for (const [partition, lease] of session.leases) {
      this.#holders.delete(partition)
      Object.assign(lease, { until: now(), lost: true })
    }
    session.leases.clear()
    if (!silent) this.#toClient(session, () => this.#broken(session))
  }

  /** The process sees that its connection is gone. */
  #broken(session: Session): void {
    const error = new Error('Connection terminated unexpectedly')
    for (const fail of session.asked) fail(error)
    if (session.client.listenerCount('error') > 0) session.client.emit('error', error)
  }

  /** What sessions of nodes ask for. @throws {Error} it is not known here */
  #run(session: Session, { text, values = [] }: Query): Rows {
    const { tables } = this
    const begun = /^SET idle_session_timeout = (\d+)(; LISTEN \w+)?$/.exec(text)
    if (begun) {
      session.silenceMs = Number(begun[1])
      session.listens = begun[2] !== undefined
      return []
    }
    if (text.startsWith('SELECT pg_advisory_lock_shared(')) {
      session.shared.add(values[1] as number)
      if (text.includes('pg_notify')) this.notify(values[3] as string, session.process)
      return [{}]
    }
    if (text.startsWith('SELECT pg_advisory_unlock_shared(')) {
      session.shared.delete(values[1] as number)
      return [{}]
    }
    if (text.includes('pg_try_advisory_lock(')) return this.#lock(session, values as [number[], number, number])
    if (text.includes('pg_advisory_unlock(')) {
      for (const partition of values[3] as number[]) this.#unlock(session, partition)
      this.notify(values[2] as string, session.process)
      return [{}]
    }
    const beat = {
      id: tables.epoch,
      here: tables.isHere,
      last_offset: tables.head,
      redrives: tables.redrives,
      directory_version: tables.directoryVersion
    }
    if (text.includes('l.last_offset, c.value AS ')) return [{ ...beat, nodes: this.#count(values[1] as number) }]
    throw new Error(`The simulated PostgreSQL does not know this query: ${text}`)
  }

  #lock(session: Session, [candidates, , count]: [number[], number, number]): Rows {
    const free = candidates.filter((partition) => !this.#holders.has(partition)).slice(0, count)
    for (const partition of free) {
      const lease = { process: session.process, partition, from: this.#options.now() }
      this.leases.push(lease)
      this.#holders.set(partition, session)
      session.leases.set(partition, lease)
    }
    if (free.length > 0) this.#options.trace.add('postgres', `${session.process.name} takes ${free.length} partitions`)
    return free.map((p) => ({ p }))
  }

  #unlock(session: Session, partition: number): void {
    const lease = session.leases.get(partition)
    if (!lease) return
    lease.until = this.#options.now()
    session.leases.delete(partition)
    this.#holders.delete(partition)
  }

  #count(lock: number): number {
    return this.#sessions
      .values()
      .filter(({ open, shared }) => open && shared.has(lock))
      .toArray().length
  }

  #toClient(session: Session, work: () => void): void {
    session.toClientAt = this.#arrival(session.process, session.toClientAt)
    this.#travel(session.toClientAt, () => session.process.deliver(work))
  }

  /** When a packet arrives that leaves now: not before the one before it, nor while nothing gets through. */
  #arrival(process: SimulatedProcess, before: number): number {
    const { now, random, latencyMs } = this.#options
    return Math.max(now() + random.between(0, latencyMs), before, this.#cutUntil.get(process) ?? 0)
  }

  #travel(at: number, work: () => void): void {
    SimulatedProcess.outside(() => setTimeout(work, at - this.#options.now()))
  }
}

function refusedConnection(): Error {
  return Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
}
