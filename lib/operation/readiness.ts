import type { InstanceEventsError } from '../error-class.ts'
import type { EventStore } from '../store/event-store.ts'
import type { Fault } from './fault.ts'

/** Milliseconds for which a result is reused, so that callers cannot cause more calls to AWS. */
const FRESH_MS = 2_000

/** The result of a check. `code` is of this package, of AWS or of the operating system. */
export type Check = { ok: true } | ({ ok: false } & Pick<Fault, 'code' | 'message' | 'params'>)

export interface ReadinessOptions {
  store: Pick<EventStore, 'check'>
  /** `status` asks SQS; `outage` is the failure of the last sends. `undefined` without SQS. */
  sqs: { status(): Promise<Check>; readonly outage: Check | undefined } | undefined
  /** True if the websocket transport is on. */
  websocket: boolean
}

/** Checks whether events can be accepted and delivered. */
export class Readiness {
  readonly #options: ReadinessOptions
  #latest: { at: number; checks: Promise<Record<string, Check>> } | undefined

  constructor(options: ReadinessOptions) {
    this.#options = options
  }

  /** Returns the checks of all parts by name. Never rejects. */
  async checks(): Promise<Record<string, Check>> {
    const now = performance.now()
    if (!this.#latest || now - this.#latest.at > FRESH_MS) this.#latest = { at: now, checks: this.#ask() }
    const checks = await this.#latest.checks
    const outage = this.#options.sqs?.outage
    return outage ? { ...checks, sqs: outage } : checks
  }

  async #ask(): Promise<Record<string, Check>> {
    const { store, sqs, websocket } = this.#options
    const [logCheck, sqsCheck] = await Promise.all([
      store.check().then((): Check => ({ ok: true }), failed),
      sqs?.status()
    ])
    return { eventLog: logCheck, ...(sqsCheck && { sqs: sqsCheck }), ...(websocket && { websocket: { ok: true } }) }
  }
}

function failed({ code = 'Error', message, params }: Error & Partial<InstanceEventsError>): Check {
  return { ok: false, code, message, ...(params && { params }) }
}
