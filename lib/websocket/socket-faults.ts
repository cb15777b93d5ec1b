import { WS_BUFFERS_FULL, WS_TOO_MANY_SOCKETS } from '../errors.ts'
import type { Fault } from '../operation/fault.ts'

/** Milliseconds for which a refused socket is a fault. */
const FAULT_MS = 60_000

interface RefusedSockets {
  message: string
  count: number
  since: Date
  lastAt: number
}

/** The faults of sockets in `GET /overview`. */
export class SocketFaults {
  readonly #stuck: () => boolean
  readonly #now: () => number
  #refused: RefusedSockets | undefined

  /**
   * @param stuck whether replays wait because clients do not read what is buffered for them
   * @param now milliseconds on a clock that is never set back
   */
  constructor(stuck: () => boolean, now: () => number = () => performance.now()) {
    this.#stuck = stuck
    this.#now = now
  }

  /** Notes that a socket over a limit was refused. */
  tooMany(message: string): void {
    const { count, since } = this.#recent ?? { count: 0, since: new Date() }
    this.#refused = { message, count: count + 1, since, lastAt: this.#now() }
  }

  list(): Fault[] {
    const faults: Fault[] = []
    const refused = this.#recent
    if (refused) {
      const { message, count, since } = refused
      faults.push({
        component: 'websocket',
        code: WS_TOO_MANY_SOCKETS,
        message: `Sockets refused: ${count}. ${message}`,
        since
      })
    }
    if (this.#stuck()) {
      const message = 'Replays are waiting for buffer space: clients do not read their events fast enough'
      faults.push({ component: 'websocket', code: WS_BUFFERS_FULL, message })
    }
    return faults
  }

  get #recent(): RefusedSockets | undefined {
    return this.#refused && this.#now() - this.#refused.lastAt <= FAULT_MS ? this.#refused : undefined
  }
}
