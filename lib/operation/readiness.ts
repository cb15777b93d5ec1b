import type { EventStore } from '../store/event-store.ts'

/** How long an answer stands: nobody makes us ask AWS more often. */
const FRESH_MS = 2_000

/** `code` is one of ours, of AWS, or the system's. */
export type Check = { ok: true } | { ok: false; code: string; message: string }

export interface ReadinessOptions {
  store: Pick<EventStore, 'check'>
  /** `status` asks SQS, `outage` is what came back to what was sent; `undefined` without SQS. */
  sqs: { status(): Promise<Check>; readonly outage: Check | undefined } | undefined
  /** Whether there are sockets. */
  websocket: boolean
}

/** Whether events are taken in and leave. */
export class Readiness {
  readonly #options: ReadinessOptions
  #latest: { at: number; checks: Promise<Record<string, Check>> } | undefined

  constructor(options: ReadinessOptions) {
    this.#options = options
  }

  /** Each part that there is, by name. Never rejects. */
  async checks(): Promise<Record<string, Check>> {
    const now = performance.now()
    if (!this.#latest || now - this.#latest.at > FRESH_MS) this.#latest = { at: now, checks: this.#ask() }
    const checks = await this.#latest.checks
    const outage = this.#options.sqs?.outage
    return outage && checks.sqs?.ok ? { ...checks, sqs: outage } : checks
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

function failed({ code = 'Error', message }: Error & { code?: string }): Check {
  return { ok: false, code, message }
}
