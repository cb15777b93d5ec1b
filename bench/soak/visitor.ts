import { io, type Socket } from 'socket.io-client'
import { API_KEY } from '../latency/live-server.ts'

export interface VisitorOptions {
  port: number
  instance: string
  /** Decides how the client connects and how it leaves. */
  number: number
  /** The client that it replaces, from whose offset it resumes. */
  before?: Visitor
}

/** One of so many clients connects by HTTP long polling first, which is the default of Socket.IO's client. */
const POLLING = 4
/** One of so many clients resumes. */
const RESUMES = 2
/** One of so many clients is cut off without closing its connection. */
const CUT_OFF = 3

/** A client of Socket.IO that stays for a while and sees that no event of its instance is missing. */
export class Visitor {
  static readonly totals = { received: 0, resumed: 0 }
  static onFailed: (error: Error) => void = () => {}

  readonly instance: string
  readonly connected: Promise<void>
  readonly #socket: Socket
  readonly #number: number
  /** Offset, and number within the instance, of the last event. */
  #last: { offset: number; n: number } | undefined

  constructor({ port, instance, number, before }: VisitorOptions) {
    this.instance = instance
    this.#number = number
    const resumes = before && number % RESUMES === 0 ? before.#last : undefined
    this.#last = resumes
    this.#socket = io(`http://127.0.0.1:${port}/${instance}`, {
      forceNew: true,
      reconnection: false,
      transports: number % POLLING === 0 ? ['polling', 'websocket'] : ['websocket'],
      auth: { apikey: API_KEY, ...(resumes && { offset: resumes.offset }) }
    })
    this.connected = new Promise((resolve) => this.#socket.once('connect', resolve))
    this.#socket.once('connect_error', Visitor.onFailed)
    this.#socket.on('resumed', () => Visitor.totals.resumed++)
    this.#socket.on('messages.upsert', (message: { offset: number; data: { n: number } }) => this.#take(message))
  }

  get isConnected(): boolean {
    return this.#socket.connected
  }

  leave(): void {
    this.#socket.off('connect_error')
    if (this.#number % CUT_OFF === 0) this.#socket.io.engine.close()
    else this.#socket.disconnect()
  }

  #take({ offset, data: { n } }: { offset: number; data: { n: number } }): void {
    Visitor.totals.received++
    if (this.#last && n !== this.#last.n + 1)
      Visitor.onFailed(new Error(`${this.instance}: after event ${this.#last.n} came ${n}`))
    this.#last = { offset, n }
  }
}
