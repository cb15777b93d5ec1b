import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Admitted, Attempt, Refused } from './admission.ts'
import type { Connections } from './connections.ts'
import type { WebsocketEmitter } from './emitter.ts'
import type { Gate } from './gate.ts'
import type { Hub } from './hub.ts'
import type { PeerAddress } from './peer-address.ts'
import type { StreamWriter } from './stream-writer.ts'

/** Milliseconds between heartbeats: proxies close idle connections after a minute, some after half a minute. */
const HEARTBEAT_MS = 15_000
/** Headers of a stream. `x-accel-buffering` keeps nginx and others from buffering events. */
const HEAD = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no'
}

export interface StreamsOptions {
  gate: Gate
  hub: Hub
  connections: Connections
  peerAddress: PeerAddress
  /** Milliseconds between heartbeats of each stream. @default 15,000 */
  heartbeatMs?: number
}

/** The streams of each emitter, kept out of the emitter's public type. */
const byEmitter = new WeakMap<WebsocketEmitter, Streams>()

/** Returns the streams of a server. */
export function streamsOf(emitter: WebsocketEmitter): Streams {
  // The plugin gives each emitter its own.
  return byEmitter.get(emitter) as Streams
}

/** Serves events as Server-Sent Events over HTTP, by the same rules as sockets. */
export class Streams {
  readonly #options: StreamsOptions
  readonly #writers = new Set<StreamWriter>()
  #heart: NodeJS.Timeout | undefined

  constructor(options: StreamsOptions) {
    this.#options = options
  }

  /** Attaches the streams to an emitter. */
  belongTo(emitter: WebsocketEmitter): void {
    byEmitter.set(emitter, this)
  }

  /** Admits or refuses a request for events of a namespace. Counts and limits refusals. */
  admit(request: IncomingMessage, attempt: Omit<Attempt, 'peer'>): Admitted | Refused {
    const { gate, peerAddress } = this.#options
    return gate.admitStream({ ...attempt, peer: request.socket.remoteAddress }, peerAddress(request))
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
    const writer = hub.addStream(response, { namespace, admitted })
    this.#writers.add(writer)
    response.once('close', () => this.#closed(writer))
    const { heartbeatMs = HEARTBEAT_MS } = this.#options
    this.#heart ??= setInterval(() => this.#writers.forEach((one) => one.beat()), heartbeatMs)
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
