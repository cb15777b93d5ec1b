import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Server, Socket } from 'socket.io'
import { WS_OLD_CLIENT, WS_TOO_MANY_SOCKETS } from '../errors.ts'
import { addressBlock } from '../http/client-address.ts'
import { onceClosed } from '../http/once-closed.ts'
import type { PeerAddress } from './peer-address.ts'

type Connection = Socket['conn']
type Answer = (refusal: string | null, allowed: boolean) => void

export interface ConnectionsOptions {
  peerAddress: PeerAddress
  /** Connections that one address may have open. */
  maxPerAddress: number
  /** Called for each connection that is refused before it is open. */
  refused: (refusal: { code: string; message: string; address: string }) => void
}

/** The message of the refusal, after the code. */
export const TOO_MANY_OF_ADDRESS = 'Too many connections are open from this address'

const OLD_CLIENT = 'A client of Socket.IO 2 or older was refused: it needs a client of Socket.IO 3 or 4'
/** Engine.IO's code of a client with version 3 of its protocol. */
const UNSUPPORTED_PROTOCOL = 5

/** Connections over the limit that are opened all the same, to refuse them as sockets; any more are refused as HTTP requests. */
const SURPLUS = 100
/** Milliseconds for which these stay open. */
const SURPLUS_MS = 5_000

/**
 * Counts the connections of each address, in a namespace or not. Those over the limit are admitted to no namespace, and
 * closed.
 */
export class Connections {
  readonly #options: ConnectionsOptions
  readonly #byAddress = new Map<string, number>()
  readonly #surplus = new WeakSet<Connection>()

  constructor(options: ConnectionsOptions) {
    this.#options = options
  }

  /** Follows the connections of a server. */
  watch(engine: Server['engine']): void {
    engine.on('connection', (connection: Connection) => this.#opened(connection))
    engine.on('connection_error', ({ req, code }: { req: IncomingMessage; code: number }) => {
      if (code !== UNSUPPORTED_PROTOCOL) return
      const { peerAddress, refused } = this.#options
      refused({ code: WS_OLD_CLIENT, message: OLD_CLIENT, address: peerAddress(req) })
    })
  }

  /** Engine.IO's `allowRequest`: decides on the first request of a connection. */
  allowRequest = (request: IncomingMessage, answer: Answer): void => {
    const { peerAddress, maxPerAddress, refused } = this.#options
    const address = peerAddress(request)
    const allowed = (this.#byAddress.get(addressBlock(address)) ?? 0) < maxPerAddress + SURPLUS
    if (!allowed) refused({ code: WS_TOO_MANY_SOCKETS, message: TOO_MANY_OF_ADDRESS, address })
    answer(allowed ? null : `${WS_TOO_MANY_SOCKETS}: ${TOO_MANY_OF_ADDRESS}`, allowed)
  }

  /** Returns true if an address has reached its limit of connections. */
  isFull(address: string): boolean {
    return (this.#byAddress.get(addressBlock(address)) ?? 0) >= this.#options.maxPerAddress
  }

  /** Counts a streaming HTTP response as a connection until it is closed. */
  count(address: string, response: ServerResponse): void {
    const block = addressBlock(address)
    this.#change(block, 1)
    onceClosed(response, () => this.#change(block, -1))
  }

  /** True if a connection is over the limit of its address. */
  isSurplus(connection: Connection): boolean {
    return this.#surplus.has(connection)
  }

  #opened(connection: Connection): void {
    const { peerAddress, maxPerAddress } = this.#options
    // Engine.IO's declared type has fewer members than the request.
    const block = addressBlock(peerAddress(connection.request as IncomingMessage))
    let timer: NodeJS.Timeout | undefined
    if (this.#change(block, 1) > maxPerAddress) {
      this.#surplus.add(connection)
      timer = setTimeout(() => connection.close(true), SURPLUS_MS)
    }
    connection.once('close', () => {
      clearTimeout(timer)
      this.#change(block, -1)
    })
  }

  /** Changes the count of a block. @returns the new count */
  #change(block: string, change: number): number {
    const count = (this.#byAddress.get(block) ?? 0) + change
    if (count > 0) this.#byAddress.set(block, count)
    else this.#byAddress.delete(block)
    return count
  }
}
