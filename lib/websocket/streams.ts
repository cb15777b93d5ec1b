import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { onceClosed } from '../http/once-closed.ts'
import type { Admitted } from './admission.ts'
import type { Connections } from './connections.ts'
import { EVENT_STREAM } from './event-stream.ts'
import type { Hub } from './hub.ts'
import type { PeerAddress } from './peer-address.ts'
import type { ResponseWriterOptions } from './response-writer.ts'
import { StreamWriter } from './stream-writer.ts'

/** Milliseconds between heartbeats: proxies close idle connections after a minute, some after half a minute. */
const HEARTBEAT_MS = 15_000
/** Headers of a stream. `x-accel-buffering` keeps nginx and others from buffering events. */
const HEAD = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no'
}

export interface StreamsOptions {
  hub: Hub
  connections: Connections
  peerAddress: PeerAddress
  /** Milliseconds between heartbeats of each stream. @default 15,000 */
  heartbeatMs?: number
}

/** Serves events as Server-Sent Events over HTTP, by the same rules as sockets. */
export class Streams {
  readonly #options: StreamsOptions
  readonly #writers = new Set<StreamWriter>()
  #heart: NodeJS.Timeout | undefined

  constructor(options: StreamsOptions) {
    this.#options = options
  }

  /** Number of open streams. */
  get size(): number {
    return this.#writers.size
  }

  /** Writes events to a response until it is closed. @param headers further headers of the response */
  serve(
    response: ServerResponse,
    { namespace, admitted, headers }: { namespace: string; admitted: Admitted; headers: OutgoingHttpHeaders }
  ): void {
    const { hub, connections, peerAddress } = this.#options
    connections.count(peerAddress(response.req), response)
    response.writeHead(200, { ...headers, ...HEAD })
    response.flushHeaders()
    const makeWriter = (options: ResponseWriterOptions) => new StreamWriter(response, options)
    const writer = hub.addResponse(response, { namespace, admitted, encoding: EVENT_STREAM, makeWriter })
    this.#writers.add(writer)
    const { heartbeatMs = HEARTBEAT_MS } = this.#options
    this.#heart ??= setInterval(() => this.#writers.forEach((one) => one.beat()), heartbeatMs)
    onceClosed(response, () => this.#closed(writer))
  }

  /** Ends all streams after their pending bytes. Clients reconnect. */
  end(): void {
    for (const writer of this.#writers) writer.finish()
  }

  #closed(writer: StreamWriter): void {
    this.#writers.delete(writer)
    if (this.#writers.size > 0) return
    clearInterval(this.#heart)
    this.#heart = undefined
  }
}
