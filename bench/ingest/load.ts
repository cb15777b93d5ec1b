import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import type { EventSize } from '../harness/sample-events.ts'
import { serve } from '../harness/serve.ts'
import { quantile } from '../harness/statistics.ts'
import { API_KEY, INSTANCE } from './ingest-server.ts'
import { Numbered, numberedBody } from './numbered.ts'

export interface LoadOptions {
  port: number
  connections: number
  requests: number
  size: EventSize
  /** Events of a request. */
  perRequest: number
}

export interface Load {
  /** From the first request to the last answer. */
  seconds: number
  p99Ms: number
}

const HEAD_END = '\r\n\r\n'
/** All sockets read into it, one after the other. */
const shared = Buffer.allocUnsafeSlow(65_536)

/** Keeps one request of each connection in flight, and does as little as possible on the processors that the server shares. */
const load = {
  /** Resolves when all requests are answered. @throws an answer was not 202 */
  async run({ port, connections, requests, size, perRequest }: LoadOptions): Promise<Load> {
    const open = Array.from({ length: connections }, () => new Connection(port, numberedBody(size, perRequest)))
    await Promise.all(open.map((connection) => connection.connected))
    const times: number[] = []
    let left = requests
    const begun = performance.now()
    const exchanges = open.map(async (connection) => {
      while (left-- > 0) {
        const sent = performance.now()
        await connection.exchange()
        times.push(performance.now() - sent)
      }
    })
    await Promise.all(exchanges).finally(() => open.forEach((connection) => connection.close()))
    return { seconds: (performance.now() - begun) / 1_000, p99Ms: quantile(times, 0.99) }
  }
}

export type LoadProcess = typeof load

/** A keep-alive connection that always sends the same bytes but for the numbers of its events. */
class Connection {
  readonly connected: Promise<unknown>
  readonly #socket: Socket
  readonly #request: Numbered
  #answer = ''
  #pending = Promise.withResolvers<void>()

  constructor(port: number, body: string) {
    const head = `POST /events/${INSTANCE} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: keep-alive\r\napikey: ${API_KEY}\r\n`
    const lengths = `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}`
    this.#request = new Numbered(`${head}${lengths}${HEAD_END}${body}`)
    const onread = { buffer: shared, callback: (size: number) => this.#read(size) }
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true, onread })
    this.#socket.on('error', (error) => this.#pending.reject(error))
    this.#socket.on('close', () => this.#pending.reject(new Error('The server closed the connection')))
    this.connected = once(this.#socket, 'connect')
  }

  /** Sends the next request. Resolves with its answer. @throws the answer is not 202 */
  exchange(): Promise<void> {
    this.#pending = Promise.withResolvers()
    this.#socket.write(this.#request.next())
    return this.#pending.promise
  }

  close(): void {
    this.#socket.removeAllListeners('close').destroy()
  }

  #read(size: number): boolean {
    this.#answer += shared.toString('latin1', 0, size)
    const headEnd = this.#answer.indexOf(HEAD_END)
    if (headEnd < 0) return true
    const length = Number(/content-length: (\d+)/i.exec(this.#answer)?.[1])
    if (this.#answer.length < headEnd + HEAD_END.length + length) return true
    if (this.#answer.startsWith('HTTP/1.1 202 ')) this.#pending.resolve()
    else this.#pending.reject(new Error(this.#answer))
    this.#answer = ''
    return true
  }
}

serve(load)
