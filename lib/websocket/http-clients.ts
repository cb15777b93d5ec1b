import type { WebsocketEmitter } from './emitter.ts'
import type { Gate } from './gate.ts'
import type { Polls } from './polls.ts'
import type { Streams } from './streams.ts'

/** Serves the events of sockets to clients of plain HTTP. */
export interface HttpClients {
  readonly gate: Gate
  readonly streams: Streams
  readonly polls: Polls
}

/** Those of each emitter, kept out of the emitter's public type. */
const byEmitter = new WeakMap<WebsocketEmitter, HttpClients>()

/** Attaches them to the emitter of their server. */
export function attachHttpClients(emitter: WebsocketEmitter, clients: HttpClients): void {
  byEmitter.set(emitter, clients)
}

export function httpClientsOf(emitter: WebsocketEmitter): HttpClients {
  // The plugin gives each emitter its own.
  return byEmitter.get(emitter) as HttpClients
}
