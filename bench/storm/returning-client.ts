import { setTimeout } from 'node:timers/promises'
import { follow } from '../latency/follow.ts'
import type { RawSocket } from '../websocket/raw-socket.ts'

export interface ReturningClientOptions {
  port: number
  namespace: string
  offset: number | 'latest'
  /** Called with the code of an error that ends a connection. */
  onLost: (code: string) => void
}

/** What a socket has received, up to `resumed`. */
export interface Returned {
  count: number
  complete: boolean
  /** Milliseconds since the first attempt to connect. */
  ms: number
}

/** Milliseconds after which a lost connection is opened again, as Socket.IO's clients do. */
const RETRY_MS = 1_000
const OFFSET = /"offset":(\d+)\}\]$/

/** A socket that comes back with an offset, and checks that it receives events in order. */
export class ReturningClient {
  readonly #options: ReturningClientOptions
  readonly #begun = performance.now()
  #socket: RawSocket | undefined

  constructor(options: ReturningClientOptions) {
    this.#options = options
  }

  /** Resolves when it has resumed. @throws events come in another order */
  async returned(): Promise<Returned> {
    for (;;) {
      try {
        return await this.#attempt()
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (code === undefined) throw error
        this.#options.onLost(code)
        await setTimeout(RETRY_MS)
      }
    }
  }

  close(): void {
    this.#socket?.close()
  }

  #attempt(): Promise<Returned> {
    const { port, namespace, offset } = this.#options
    return new Promise((resolve, reject) => {
      let count = 0
      let last = 0
      const connected = follow({
        port,
        namespace,
        offset,
        onEvent: (text) => {
          if (text.includes('["resumed",')) {
            const { complete } = JSON.parse(text.slice(text.indexOf('{'), -1)) as Returned
            return resolve({ count, complete, ms: performance.now() - this.#begun })
          }
          const at = Number(OFFSET.exec(text.slice(-40))?.[1])
          if (!(at > last)) reject(new Error(`After offset ${last} came ${at}`))
          last = at
          count++
        },
        onError: reject
      })
      connected.then((socket) => (this.#socket = socket)).catch(reject)
    })
  }
}
