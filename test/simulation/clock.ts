import { AsyncLocalStorage } from 'node:async_hooks'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { install } from '@sinonjs/fake-timers'

const { setImmediate: realImmediate } = globalThis
// Its members can be replaced, those of the module's namespace cannot.
const timersPromises = createRequire(import.meta.url)('node:timers/promises') as Record<string, unknown>
const running = new AsyncLocalStorage<SimulatedProcess | undefined>()

/** Timers of one run, at most; some runs need more than 25,000. */
const MAX_STEPS = 200_000

type Callback = (...args: unknown[]) => void
type Scheduling = { signal?: AbortSignal }

/** A process of the simulation: timers that its code sets end with it, and wait while it is paused. */
export class SimulatedProcess {
  readonly name: string
  /** Until then nothing of it runs, as in a process that is stopped or that collects garbage. */
  pausedUntil = 0
  #alive = true
  readonly #ended = Promise.withResolvers<void>()

  constructor(name: string) {
    this.name = name
  }

  get alive(): boolean {
    return this.#alive
  }

  /** Resolves when it has ended. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  /** Ends it: what it was about to do is not done. */
  end(): void {
    this.#alive = false
    this.#ended.resolve()
  }

  /** Runs work as code of this process. */
  run<T>(work: () => T): T {
    return running.run(this, work)
  }

  /** The result of work in this process; `undefined` if the process ends meanwhile: then nobody is told. */
  async ask<T>(work: () => Promise<T>): Promise<T | undefined> {
    const result = await Promise.race([this.run(work), this.ended])
    return this.#alive ? (result as T) : undefined
  }

  /** Runs work in it as the next thing it does, if it is alive then. */
  deliver(work: () => void): void {
    this.run(() => setTimeout(work, 0))
  }

  /** The process whose code is running; `undefined` in the world around all of them. */
  static get current(): SimulatedProcess | undefined {
    return running.getStore()
  }

  /** Runs work as code of the world around. */
  static outside<T>(work: () => T): T {
    return running.run(undefined, work)
  }
}

/** Time that goes on when nothing is left to do in the present: timers, dates and `performance.now()` follow it. */
export class Clock {
  readonly #fakes: ReturnType<typeof install>
  readonly #real: [string, unknown][] = []

  /** @param now milliseconds since the epoch */
  constructor(now: number) {
    const real = Object.entries(timersPromises)
    this.#fakes = install({
      now,
      toFake: [
        'setTimeout',
        'clearTimeout',
        'setInterval',
        'clearInterval',
        'setImmediate',
        'clearImmediate',
        'Date',
        'performance'
      ]
    })
    this.#real = real
    this.#own('setTimeout')
    this.#own('setInterval')
    this.#own('setImmediate')
    timersPromises.setTimeout = (ms: number, value?: unknown, options?: Scheduling) =>
      promised((resolve) => setTimeout(resolve, ms, value), options)
    timersPromises.setImmediate = (value?: unknown, options?: Scheduling) =>
      promised((resolve) => setTimeout(resolve, 0, value), options)
    syncBuiltinESMExports()
  }

  get now(): number {
    return this.#fakes.now
  }

  /** Runs work, and everything that is due until it is done. @throws what the work throws, and what a timer throws */
  async run<T>(work: () => Promise<T>): Promise<T> {
    let done = false
    const result = work().finally(() => {
      done = true
    })
    // It is looked at below, once all of this turn has run.
    result.catch(() => {})
    for (let left = MAX_STEPS; ; left--) {
      // After it no promise is left that could go on, nor anything of `process.nextTick`.
      await turn()
      if (done) return result
      if (left === 0 || this.#fakes.countTimers() === 0) throw new Error('The simulation does not come to an end')
      this.#fakes.next()
    }
  }

  /** Gives the real time back, once nothing goes on in the present. */
  async end(): Promise<void> {
    await turn()
    this.#fakes.uninstall()
    Object.assign(timersPromises, Object.fromEntries(this.#real))
    syncBuiltinESMExports()
  }

  /** Lets the timers of this kind belong to the process that sets them. */
  #own(kind: 'setTimeout' | 'setInterval' | 'setImmediate'): void {
    const fakes = this.#fakes as unknown as Record<string, (callback: Callback, ...rest: unknown[]) => unknown>
    const set = fakes[kind] as (callback: Callback, ...rest: unknown[]) => unknown
    const later = fakes.setTimeout as typeof set
    const owned: typeof set = (callback, ...rest) => {
      const owner = running.getStore()
      const call: Callback = (...args) => {
        if (owner?.alive === false) {
          if (kind === 'setInterval') clearInterval(timer as NodeJS.Timeout)
        } else if (owner && owner.pausedUntil > this.now) later(() => call(...args), owner.pausedUntil - this.now)
        else running.run(owner, () => callback(...args))
      }
      // As Node.js: no delay is shorter, so that equal ones end in their order.
      if (kind !== 'setImmediate') rest[0] = Math.max(1, Number(rest[0] ?? 1))
      const timer = set.call(fakes, call, ...rest)
      return timer
    }
    // With what is needed to put the real one back.
    fakes[kind] = Object.assign(owned, set)
  }
}

/** The rest of this turn of the real event loop passes: promises and `process.nextTick`. */
function turn(): Promise<void> {
  return new Promise((resolve) => realImmediate(resolve))
}

/** Milliseconds pass, for code of the world as for that of a process. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function promised(
  start: (resolve: (value: unknown) => void) => NodeJS.Timeout,
  { signal }: Scheduling = {}
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason)
      return
    }
    const timer = start(resolve)
    signal?.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })
}
