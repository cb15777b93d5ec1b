import { BackpressureError } from '../../lib/errors.ts'
import type { DeliveryFailure, DeliveryRef } from '../../lib/store/delivery-store.ts'
import type { EventStore } from '../../lib/store/event-store.ts'
import { Alarm } from './alarm.ts'
import type { Backend } from './backend.ts'
import type { SimulatedProcess } from './clock.ts'
import { sleep } from './clock.ts'
import { ClusterStore } from './cluster-store.ts'
import type { History } from './history.ts'
import { type PostgresOptions, SimulatedPostgres } from './postgres.ts'

/** The driver's limit of a query, as `connection.ts` sets it. */
const QUERY_TIMEOUT_MS = 21_000

/** Several nodes on one simulated PostgreSQL. */
export class Cluster implements Backend {
  readonly postgres: SimulatedPostgres
  fullUntil = 0
  badReads = 0
  readMs = 0
  readonly alarm = new Alarm()
  readonly #options: PostgresOptions
  readonly #uninstall: () => void
  /** Acknowledgements that processes have asked for, and that are not stored. */
  readonly #unstored = new Map<SimulatedProcess, Set<string>>()

  constructor(options: PostgresOptions) {
    this.#options = options
    this.postgres = new SimulatedPostgres(options)
    this.#uninstall = this.postgres.install()
  }

  get pendingCount(): number {
    return this.postgres.tables.pendingCount
  }

  open(process: SimulatedProcess): Promise<EventStore> {
    return ClusterStore.open({ process, cluster: this, postgres: this.postgres })
  }

  /** Its host closes its connections; a host that is gone closes none, and the server ends the sessions as silent. */
  crashed(process: SimulatedProcess): void {
    if (this.#options.random.chance(0.5)) this.postgres.drop(process, { silent: true })
  }

  losesAcknowledgements(process: SimulatedProcess): boolean {
    return (this.#unstored.get(process)?.size ?? 0) > 0
  }

  learn(history: History): Promise<void> {
    const { tables } = this.postgres
    return history.learn({ read: async (options) => tables.read(options), range: async () => tables.range() })
  }

  mend(): void {
    this.fullUntil = 0
    this.badReads = 0
    this.readMs = 0
    this.postgres.mend()
  }

  async remove(): Promise<void> {
    this.#uninstall()
  }

  /** A query of a node that reads. @throws {BackpressureError} */
  read<T>(process: SimulatedProcess, work: () => T): Promise<T> {
    const { random } = this.#options
    return this.#ask(process, async () => {
      if (this.readMs > 0) await sleep(random.between(0, this.readMs))
      if (random.chance(this.badReads)) throw new Error('The page could not be read')
      const result = work()
      // What was read may be old when it is there.
      if (this.readMs > 0) await sleep(random.between(0, this.readMs))
      return result
    })
  }

  /** A transaction of a node. @throws {BackpressureError} and it may be committed all the same */
  write<T>(process: SimulatedProcess, work: () => T): Promise<T> {
    return this.#ask(process, async () => {
      const { writeMs } = this.postgres
      if (writeMs > 0) await sleep(this.#options.random.between(0, writeMs))
      if (this.#options.now() < this.fullUntil) throw new Error('could not extend file: No space left on device')
      return work()
    })
  }

  async acknowledge(process: SimulatedProcess, deliveries: readonly DeliveryRef[]): Promise<void> {
    const { history } = this.#options
    const unstored = this.#unstored.get(process) ?? new Set()
    this.#unstored.set(process, unstored)
    const ids = deliveries.map(({ queue, offset }) => `${queue} ${offset}`)
    for (const id of ids) unstored.add(id)
    await this.write(process, () => {
      const { tables } = this.postgres
      const left = deliveries.filter((delivery) => !tables.isVoid(delivery))
      tables.acknowledge(left)
      history.acknowledged.push(...left.map((delivery) => history.mark(delivery)))
      for (const id of ids) unstored.delete(id)
    })
  }

  /** A process is about to give a delivery up: noted as it is asked for, since nobody is told of a crash in its commit. */
  burying(process: SimulatedProcess, delivery: DeliveryRef, { reason }: DeliveryFailure): void {
    const { history } = this.#options
    if (process.alive && !this.postgres.tables.isVoid(delivery))
      history.buried.push({ ...history.mark(delivery), reason })
  }

  redriven(letters: readonly DeliveryRef[]): void {
    const { history } = this.#options
    history.redriven.push(...letters.map((letter) => history.mark(letter)))
  }

  async #ask<T>(process: SimulatedProcess, work: () => T | Promise<T>): Promise<T> {
    try {
      return await this.postgres.ask(process, QUERY_TIMEOUT_MS, work)
    } catch (error) {
      throw new BackpressureError(`PostgreSQL: ${(error as Error).message}`, { cause: error })
    }
  }
}
