import type { IncomingMessage } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import type { Namespace, Server, Socket } from 'socket.io'
import { WS_OLD_CLIENT, WS_TOO_MANY_SOCKETS } from '../errors.ts'
import type { Instance } from '../instances/instance.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { QuietLog } from '../telemetry/quiet-log.ts'
import { urlWithoutKeys } from '../text/url-without-keys.ts'
import { tooMany, type Admission, type Admitted, type Attempt, type Refused } from './admission.ts'
import { TOO_MANY_OF_ADDRESS, type Connections } from './connections.ts'
import type { Hub } from './hub.ts'
import { Joining } from './joining.ts'
import type { PeerAddress } from './peer-address.ts'
import type { SocketFaults } from './socket-faults.ts'

export interface GateOptions {
  io: Server
  admission: Admission
  hub: Hub
  connections: Connections
  faults: SocketFaults
  metrics: Metrics
  peerAddress: PeerAddress
  /** Sockets that the token of an instance without its own limit may have open. */
  maxSocketsPerInstance: number
  log: FastifyBaseLogger
}

/** Admits the sockets of all namespaces and passes them to the hub; counts and reports those that are refused. */
export class Gate {
  readonly #options: GateOptions
  readonly #quietLog: QuietLog
  readonly #joining = new Joining()

  constructor(options: GateOptions) {
    const { io, admission, log } = options
    this.#options = options
    this.#quietLog = new QuietLog(log)
    // Every name is a namespace; the middleware alone decides who may enter, before and after a restart alike.
    for (const entry of [io.of('/'), io.of((_name, _auth, next) => next(null, true))]) this.#guard(entry, () => true)
    // A host that writes to a namespace before anyone is in it creates it, without the middleware above. The namespace is the
    // host's own as long as no instance has that name.
    io.on('new_namespace', (made) => {
      if (made.listeners('connection').length === 0) this.#guard(made, () => admission.isOfInstance(made.name))
    })
  }

  /** Counts and logs the refusal of a socket, or of a connection. */
  refused({ code, message, address }: { code: string; message: string; address: string }): void {
    this.#options.metrics.turnedAway.inc({ code })
    if (code === WS_OLD_CLIENT) this.#quietLog.warn('clients', { address }, message)
    if (code !== WS_TOO_MANY_SOCKETS) return
    this.#options.faults.tooMany(message)
    this.#quietLog.warn('sockets', { address }, `${message}; if the address is a proxy, set trustProxy`)
  }

  /** Admits or refuses an HTTP request for events, by the rules of sockets. Counts and limits refusals. */
  admitRequest(request: IncomingMessage, { namespace, handshake }: Omit<Attempt, 'peer'>): Admitted | Refused {
    const { connections, peerAddress } = this.#options
    const address = peerAddress(request)
    const attempt = { namespace, handshake, peer: request.socket.remoteAddress }
    const isFull = connections.isFull(address)
    const decision = isFull ? tooMany(TOO_MANY_OF_ADDRESS) : this.#judge(attempt, address)
    if (decision.status === 'refused') this.refused({ ...decision, address })
    return decision
  }

  #guard(entry: Namespace, isOurs: () => boolean): void {
    entry.use((socket, next) => (isOurs() ? this.#admit(socket, next) : next()))
    entry.on('connection', (socket) => {
      if (isOurs()) this.#connected(socket)
    })
  }

  #admit(socket: Socket, next: (error?: Error) => void): void {
    const address = this.#options.peerAddress(socket.request)
    // Socket.IO closes a connection that connects again to a namespace that it is in. One that is on the way counts as well.
    if (this.#joining.has(socket)) {
      socket.conn.close()
      return
    }
    const decision = this.#decide(socket, address)
    if (decision.status === 'admitted') {
      this.#joining.add(socket, decision.tokenOf?.instance)
      next()
      return
    }
    const { code, message } = decision
    this.#options.log.debug({ namespace: urlWithoutKeys(socket.nsp.name), code }, 'A socket was refused')
    this.refused({ code, message, address })
    next(toConnectError(decision))
  }

  #decide(socket: Socket, address: string): Admitted | Refused {
    if (this.#options.connections.isSurplus(socket.conn)) return tooMany(TOO_MANY_OF_ADDRESS)
    return this.#judge(attemptOf(socket), address)
  }

  #judge(attempt: Attempt, address: string): Admitted | Refused {
    const { admission, hub } = this.#options
    const decision = admission.admit(attempt, address)
    if (decision.status === 'refused') return decision
    const { tokenOf } = decision
    if (
      tokenOf &&
      hub.countByToken(tokenOf.instance) + this.#joining.countByToken(tokenOf.instance) >=
        this.#maxSockets(tokenOf.instance)
    )
      return tooMany(
        `Too many sockets are open with the token of "${tokenOf.instance.name}": close some, or raise the instance's limit with PUT /instance/limits`
      )
    return hub.hasTooManyFilters(decision)
      ? tooMany(
          'Too many different filters are in use on this server: use one that another client already uses, or filter the events in your client'
        )
      : decision
  }

  #maxSockets({ limits: { sockets } }: Instance): number {
    return sockets === 0 ? Infinity : (sockets ?? this.#options.maxSocketsPerInstance)
  }

  #connected(socket: Socket): void {
    this.#joining.delete(socket)
    // The token or the selection may have been removed since the middleware ran.
    const decision = this.#options.admission.decide(attemptOf(socket))
    if (decision.status === 'refused') {
      socket.disconnect()
      return
    }
    const { notice, tokenOf } = decision
    if (notice) socket.emit('notice', notice)
    // The hub disconnects it with its token. Without one, nothing ends its right to be there.
    if (!notice || tokenOf) this.#options.hub.add(socket, decision)
  }
}

function attemptOf(socket: Socket): Attempt {
  return { namespace: socket.nsp.name, handshake: socket.handshake, peer: socket.conn.remoteAddress }
}

/** The error that Socket.IO sends as `connect_error`. */
function toConnectError({ code, message, retryAfterMs }: Refused): Error {
  return Object.assign(new Error(message), { data: { code, message, ...(retryAfterMs && { retryAfterMs }) } })
}
