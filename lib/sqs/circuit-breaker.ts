import type { Check } from '../operation/readiness.ts'
import { retryDelayMs } from './backoff.ts'
import type { CallError } from './failures.ts'
import type { Outage } from './outage.ts'

export interface CircuitBreakerOptions {
  outage: Outage
  /** Asks SQS whether it answers. Never rejects. */
  probe: () => Promise<Check>
}

/** Makes calls. */
export interface CircuitUser {
  /** True while there is anything to send. */
  readonly needsCalls: boolean
  /** Called when calls may be made again. */
  callsMayBegin(): void
}

/**
 * Stops calls to SQS while it fails as a whole. It opens with a call that fails so, if SQS has answered neither another call since
 * that one began nor a probe just before. Then one probe after the other asks for all queues, until SQS answers one, or a call
 * that was under way.
 * https://learn.microsoft.com/en-us/azure/architecture/patterns/circuit-breaker
 */
export class CircuitBreaker {
  readonly outage: Outage
  readonly #probe: () => Promise<Check>
  /** Set by `start`, before any call. */
  #user!: CircuitUser
  /** Ends the probes; defined while it is open. */
  #opened: AbortController | undefined
  /** Probes since SQS has answered another call. */
  #probes = 0
  /**
   * Time until which it stays closed, because a probe was answered: then only some queues fail, and the others are not
   * held back.
   */
  #quietUntil = 0
  #stopped = false

  constructor({ outage, probe }: CircuitBreakerOptions) {
    this.outage = outage
    this.#probe = probe
  }

  /** True while no call is to be made. */
  get open(): boolean {
    return this.#opened !== undefined
  }

  start(user: CircuitUser): void {
    this.#user = user
  }

  /** Makes no more probes. */
  stop(): void {
    this.#stopped = true
    this.#opened?.abort()
  }

  /** Counts a call that SQS has answered. */
  answered(): void {
    this.outage.answered()
    this.#probes = 0
    this.#quietUntil = 0
    this.#close()
  }

  /** Counts a call that failed. @param answers `Outage.answers` when it began */
  failed(error: CallError, answers: number): void {
    const { outage } = this
    const whole = outage.failed(error)
    if (!outage.failure) this.#close()
    else if (
      whole &&
      !this.open &&
      !this.#stopped &&
      answers === outage.answers &&
      performance.now() >= this.#quietUntil
    )
      void this.#ask()
  }

  async #ask(): Promise<void> {
    const opened = new AbortController()
    const { signal } = opened
    this.#opened = opened
    while (this.#user.needsCalls) {
      // The first at once: it may have been one connection.
      this.#probes++
      const check = await this.#probe()
      if (signal.aborted) return
      if (check.ok) {
        this.#quietUntil = performance.now() + retryDelayMs(this.#probes)
        break
      }
      this.outage.persists(check)
      await pause(retryDelayMs(this.#probes), signal)
      if (signal.aborted) return
    }
    this.#close()
  }

  #close(): void {
    if (!this.#opened) return
    this.#opened.abort()
    this.#opened = undefined
    if (!this.#stopped) this.#user.callsMayBegin()
  }
}

/** Resolves after so many milliseconds, or when the signal aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end, { once: true })
  })
}
