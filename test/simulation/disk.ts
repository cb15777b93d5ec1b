import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BackpressureError } from '../../lib/errors.ts'
import type { EventStore } from '../../lib/store/event-store.ts'
import { SqliteStore } from '../../lib/store/sqlite/store.ts'
import { Alarm } from './alarm.ts'
import type { Backend } from './backend.ts'
import { sleep, type SimulatedProcess } from './clock.ts'
import type { History } from './history.ts'
import { Random } from './random.ts'
import { SyncedFiles } from './synced-files.ts'

/** In memory where the system has such a folder: commits of thousands of runs would wait for a disk. */
const FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** Milliseconds that a sync takes. */
const SYNC_MS = [0, 0, 1, 5]

/** A disk with the database file of one node: what was synced survives a crash, and of the rest some. */
export class Disk implements Backend {
  readonly #now: () => number
  readonly #random: Random
  readonly #history: History
  readonly #folder = mkdtempSync(join(FOLDER, 'simulation-'))
  readonly #opened: EventStore[] = []
  #files = 0
  #synced: SyncedFiles | undefined
  fullUntil = 0
  badReads = 0
  readMs = 0
  readonly alarm = new Alarm()

  constructor({ random, history, now }: { random: Random; history: History; now: () => number }) {
    this.#now = now
    this.#random = random
    this.#history = history
  }

  open(process: SimulatedProcess): EventStore {
    const onCommit = () => {
      if (process.alive) this.alarm.committed(process)
    }
    const syncFile = (fd: number) => this.#sync(fd, process)
    const store = new SqliteStore({ path: this.#path, onCommit, syncFile })
    this.#opened.push(store)
    this.#synced = new SyncedFiles(this.#path)
    return this.#faulty(store, process)
  }

  get pendingCount(): number {
    return this.#store.deliveries.pendingCount()
  }

  learn(history: History): Promise<void> {
    return history.learn(this.#store.log)
  }

  /** What could not be written is tried again every second, but not at the end. */
  losesAcknowledgements(): boolean {
    return this.fullUntil > this.#now() - 1_000
  }

  /** The file is from now on what a machine that loses its power leaves behind. */
  crashed(): void {
    this.#files++
    // How many numbers are taken from it depends on what is written, and nothing else may.
    this.#synced?.crash(this.#path, new Random(this.#random.between(0, 2 ** 31)))
  }

  mend(): void {
    this.fullUntil = 0
    this.badReads = 0
    this.readMs = 0
  }

  /** Removes it. Processes that were ended still have their files open until then. */
  async remove(): Promise<void> {
    for (const store of this.#opened) await store.close().catch(() => {})
    rmSync(this.#folder, { recursive: true })
  }

  /** The store that was opened last, as it is. */
  get #store(): EventStore {
    return this.#opened.at(-1) as EventStore
  }

  get #path(): string {
    return join(this.#folder, `${this.#files}.db`)
  }

  /** The store as it is on a disk that is slow, full or bad. */
  #faulty(store: EventStore, process: SimulatedProcess): EventStore {
    const { log, deliveries, deadLetters } = store
    const history = this.#history
    const write = <T>(work: () => Promise<T>): Promise<T> =>
      this.#now() < this.fullUntil
        ? Promise.reject(new BackpressureError('the event log cannot be written: the disk is full'))
        : work()
    const read = <T>(work: () => Promise<T>): Promise<T> => this.#read(work)
    return replaced(store, {
      log: replaced(log, {
        append: (...args) => write(() => log.append(...args)),
        read: (...args) => read(() => log.read(...args)),
        readPages: (...args) => read(() => log.readPages(...args)),
        range: () => read(() => log.range()),
        commonWith: (id) => read(() => log.commonWith(id))
      }),
      deliveries: replaced(deliveries, {
        readLane: (...args) => read(() => deliveries.readLane(...args)),
        acknowledge: async (refs) => {
          await write(() => deliveries.acknowledge(refs))
          if (process.alive) history.acknowledged.push(...refs.map((ref) => history.mark(ref)))
        },
        bury: (ref, failure) => {
          // Noted as it is asked for: of a crash in its commit nobody is told.
          if (process.alive) history.buried.push({ ...history.mark(ref), reason: failure.reason })
          return write(() => deliveries.bury(ref, failure))
        }
      }),
      deadLetters: replaced(deadLetters, {
        redrive: (page) =>
          write(async () => {
            history.redriven.push(...(await deadLetters.read(page)).map((letter) => history.mark(letter)))
            return deadLetters.redrive(page)
          })
      })
    })
  }

  /** Takes a while. A process that ends meanwhile does not learn of it. */
  async #sync(fd: number, process: SimulatedProcess): Promise<void> {
    const synced = this.#synced?.begin(fd)
    if (process.alive) this.alarm.committed(process)
    const ms = this.#random.pick(SYNC_MS)
    if (ms > 0) await Promise.race([sleep(ms), process.ended])
    if (!process.alive) throw new Error('The process has ended')
    synced?.()
  }

  async #read<T>(work: () => Promise<T>): Promise<T> {
    if (this.readMs > 0) await sleep(this.#random.between(0, this.readMs))
    if (this.#random.chance(this.badReads)) throw new Error('The disk could not be read')
    const result = await work()
    // What was read may be old when it is there.
    if (this.readMs > 0) await sleep(this.#random.between(0, this.readMs))
    return result
  }
}

/** The same object with other methods. */
function replaced<T extends object>(target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get(target, key) {
      if (Object.hasOwn(methods, key)) return methods[key as keyof T]
      const value = Reflect.get(target, key) as unknown
      // Private members are those of the target.
      return typeof value === 'function' ? value.bind(target) : value
    }
  })
}
