import { setTimeout as pause } from 'node:timers/promises'
import { API_KEY } from '../support/build.ts'
import { call } from '../support/standalone.ts'

interface Overview {
  pending: number
  totals: { accepted: number; delivered: number; emitted: number }
  faults: { component: string; code: string }[]
}

const ASK_EVERY_MS = 200
const PATIENCE_MS = 15_000

/** Asks the server for its health all the time. */
export class Health {
  /** The last responses, for findings. */
  latest = ''
  /** The longest time of `/health` in milliseconds. */
  slowestMs = 0
  readonly #url: string
  readonly #ended = new AbortController()

  constructor(url: string) {
    this.#url = url
  }

  async overview(): Promise<Overview> {
    return (await call(`${this.#url}/overview`, { key: API_KEY })).body as Overview
  }

  /** Asks `/health` until `stop`. @throws {Error} it does not answer */
  async watch(): Promise<void> {
    while (!this.#ended.signal.aborted) {
      const begun = performance.now()
      const reply = await fetch(`${this.#url}/health`, { signal: AbortSignal.timeout(PATIENCE_MS) })
      await reply.text()
      if (reply.status !== 200) throw new Error(`/health answered ${reply.status}`)
      this.slowestMs = Math.max(this.slowestMs, performance.now() - begun)
      await pause(ASK_EVERY_MS)
    }
  }

  stop(): void {
    this.#ended.abort()
  }

  /** Whether both `/ready` and `/overview` report this state in time. */
  async reaches(state: 'healthy' | 'unhealthy', withinMs: number): Promise<boolean> {
    const deadline = performance.now() + withinMs
    while (performance.now() < deadline && !this.#ended.signal.aborted) {
      const said = await this.#ask().catch((error: Error) => error.message)
      this.latest = JSON.stringify(said)
      if (
        typeof said === 'object' &&
        said.ready === (state === 'healthy') &&
        said.faults.length > 0 === (state === 'unhealthy')
      )
        return true
      await pause(ASK_EVERY_MS)
    }
    return false
  }

  async #ask() {
    const { status, body } = await call(`${this.#url}/ready`)
    const { faults } = await this.overview()
    return { ready: status === 200, body, faults: faults.filter(({ component }) => component === 'sqs') }
  }
}
