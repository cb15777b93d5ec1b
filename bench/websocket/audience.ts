import { type Listening, listen, type Protocol } from './listener.ts'
import { Tally } from './tally.ts'

export interface AudienceOptions {
  port: number
  protocol: Protocol
  namespaces: readonly string[]
  /** Of each namespace. */
  sockets: number
  /** Whether each has a filter of its own, which all events fit. @default false */
  filters?: boolean
}

/** Connections that are being made at a time. */
const PARALLEL = 50
const PATIENCE_MS = 30_000

/** All sockets that listen to one server. */
export class Audience {
  readonly #options: AudienceOptions
  readonly #sockets: Listening[] = []
  readonly #tallies: Tally[] = []
  #received = 0
  #expected = 0
  #failure: Error | undefined
  #wake: () => void = () => {}

  constructor(options: AudienceOptions) {
    this.#options = options
  }

  async connect(): Promise<void> {
    const { port, protocol, namespaces, sockets, filters = false } = this.#options
    const wanted = namespaces.flatMap((namespace) => Array.from({ length: sockets }, () => namespace))
    const next = async (): Promise<void> => {
      for (let namespace = wanted.pop(); namespace !== undefined; namespace = wanted.pop()) {
        const tally = new Tally()
        this.#tallies.push(tally)
        const onError = (error: Error) => this.#failed(error)
        const onEvent = () => {
          if (++this.#received === this.#expected) this.#wake()
        }
        const filter = filters ? { n: [{ numeric: ['>', -this.#tallies.length] }] } : undefined
        this.#sockets.push(await listen({ port, namespace, protocol, filter, tally, onEvent, onError }))
      }
    }
    await Promise.all(Array.from({ length: PARALLEL }, next))
  }

  /** Resolves when every socket has received so many more events. @throws one of them has missed an event */
  async receive(events: number): Promise<void> {
    this.#expected += events * this.#sockets.length
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    const timer = setTimeout(() => this.#failed(new Error('Events did not come')), PATIENCE_MS)
    if (this.#received >= this.#expected || this.#failure) resolve()
    await promise
    clearTimeout(timer)
    if (this.#failure) throw this.#failure
  }

  /** @returns deliveries and their bytes so far @throws a socket has another number of events than the others */
  check(): { deliveries: number; bytes: number } {
    const each = this.#expected / this.#sockets.length
    const wrong = this.#tallies.find(({ received }) => received !== each)
    if (this.#failure) throw this.#failure
    if (wrong) throw new Error(`A socket got ${wrong.received} events, not ${each}`)
    return { deliveries: this.#received, bytes: this.#tallies.reduce((sum, { bytes }) => sum + bytes, 0) }
  }

  close(): void {
    for (const socket of this.#sockets) socket.close()
  }

  #failed(error: Error): void {
    this.#failure ??= error
    this.#wake()
  }
}
