import type { FastifyBaseLogger } from 'fastify'
import type { Namespace, Server, Socket } from 'socket.io'
import { WS_RATE_LIMITED, WS_TOO_MANY_SOCKETS } from '../errors.ts'
import type { EmitResult, EventLog, Route, Transport } from '../event-log/event-log.ts'
import type { CatalogueEvent } from '../events/catalogue.ts'
import type { Fault } from '../operation/fault.ts'
import { QuietLog } from '../telemetry/quiet-log.ts'
import type { InstanceEventInput } from '../schemas/event-input.ts'
import type { SelectionRequest } from '../instances/selections.ts'
import { TransportSelections } from '../instances/transport-selections.ts'
import type { InstanceChange } from '../instances/directory.ts'
import type { Instance, Selection } from '../instances/instance.ts'
import { urlWithoutKeys } from '../text/url-without-keys.ts'
import { tooMany, type Admission, type Admitted, type Attempt, type Refused } from './admission.ts'
import { Audiences } from './audiences.ts'
import { TOO_MANY_OF_ADDRESS, type Connections } from './connections.ts'
import { Hub } from './hub.ts'
import type { PeerAddress } from './peer-address.ts'
import { SocketFaults } from './socket-faults.ts'

export interface WebsocketSelection {
  instance: Instance
  selection: Selection
  /** What was left out of the list, and why. */
  notes: string[]
}

export interface WebsocketEmitterOptions {
  eventLog: EventLog
  io: Server
  admission: Admission
  peerAddress: PeerAddress
  globalEvents: boolean
  connections: Connections
  /** Bytes that may wait for one client. */
  maxBufferedBytes: number
  /** Bytes that may wait for all clients together. */
  maxBufferedBytesTotal: number
  /** Milliseconds after which a client that takes nothing is cut off. */
  stalledAfterMs: number
  /** Sockets that the token of an instance may have open. */
  maxSocketsPerInstance: number
  log: FastifyBaseLogger
}

/** `fastify.websocket`: sends events to Socket.IO clients, and admits them. */
export class WebsocketEmitter implements Transport {
  readonly name = 'websocket'
  /** Whether `/` carries the events of all instances. */
  readonly globalEvents: boolean
  /** Socket.IO's. */
  readonly path: string
  readonly #options: WebsocketEmitterOptions
  readonly #selections: TransportSelections
  readonly #quietLog: QuietLog
  readonly #audiences: Audiences
  readonly #hub: Hub
  readonly #faults: SocketFaults

  constructor(options: WebsocketEmitterOptions) {
    const { io, eventLog, log, globalEvents, maxBufferedBytes, maxBufferedBytesTotal, stalledAfterMs } = options
    this.#options = options
    this.globalEvents = globalEvents
    this.path = io.path()
    const { instances, catalogue, autoRegister } = eventLog
    this.#selections = new TransportSelections({ transport: 'websocket', instances, catalogue, autoRegister })
    this.#quietLog = new QuietLog(log)
    this.#audiences = new Audiences(eventLog, globalEvents)
    this.#hub = new Hub({
      eventLog,
      audiences: this.#audiences,
      maxBufferedBytes,
      maxBufferedBytesTotal,
      stalledAfterMs,
      log,
      quietLog: this.#quietLog
    })
    this.#faults = new SocketFaults(() => this.#hub.stuck)
    // Every name is a namespace; who may enter is decided by the middleware alone, before and after a restart alike.
    for (const entry of [io.of('/'), io.of((_name, _auth, next) => next(null, true))]) this.#guard(entry, () => true)
    // A host that writes to a namespace before anyone is in it makes it, and without the above. It is the host's own for
    // as long as there is no instance of that name.
    io.on('new_namespace', (made) => {
      if (made.listeners('connection').length === 0) {
        this.#guard(made, () => options.admission.isOfInstance(made.name))
      }
    })
  }

  /**
   * Accepts an event for sockets alone: logged, then sent to those who are connected.
   * @throws as `EventLog.accept`
   */
  emit(input: InstanceEventInput): Promise<EmitResult> {
    return this.#options.eventLog.accept(input, { only: this.name })
  }

  /** Selects events of an instance. @throws as `prepare` @throws {InstanceNotFoundError} */
  async set(instance: string, request: SelectionRequest, field?: string): Promise<WebsocketSelection> {
    const { selection, notes } = this.prepare(instance, request, field)
    return { ...(await this.#selections.store(instance, selection)), notes }
  }

  /**
   * The selection that a request results in; stores nothing.
   * @param field the name of the list of keys, for messages
   * @throws {EventUnknownError} {InstanceNameError}
   */
  prepare(instance: string, request: SelectionRequest, field?: string) {
    return this.#selections.prepare(instance, request, field)
  }

  /** The stored selection; `null` if there never was one. @throws {InstanceNotFoundError} */
  find(instance: string): Selection | null {
    return this.#selections.find(instance)
  }

  plan(event: CatalogueEvent, instance: Instance | undefined): Route {
    const { namespace, root } = this.#audiences.ofInstance(event, instance)
    return { read: namespace || root }
  }

  /** Sockets that listen. */
  get connected(): number {
    return this.#hub.connected
  }

  /** Sockets on their way from an offset to the end of the log. */
  get replaying(): number {
    return this.#hub.replaying
  }

  /** Bytes that wait for clients, what they share counted once. */
  get bufferedBytes(): number {
    return this.#hub.bufferedBytes
  }

  /** Replays that wait until clients have read what is buffered for others. */
  get waiting(): number {
    return this.#hub.waiting
  }

  /** Reasons why sockets are not served, for `GET /overview`. */
  faults(): Fault[] {
    return this.#faults.list()
  }

  /** Counts and logs the refusal of a socket, or of a connection. */
  turnedAway({ code, message, address }: { code: string; message: string; address: string }): void {
    this.#options.eventLog.metrics.turnedAway.inc({ code })
    if (code === WS_RATE_LIMITED)
      this.#quietLog.warn('keys', { address }, 'Too many wrong keys came from an address; if it is a proxy: trustProxy')
    if (code !== WS_TOO_MANY_SOCKETS) return
    this.#faults.tooMany(message)
    this.#quietLog.warn('sockets', { address }, `${message}; if it is a proxy: trustProxy`)
  }

  /** Disconnects the sockets that lost what admitted them. */
  changed(change: InstanceChange): void {
    this.#hub.changed(change)
  }

  /** Ends the connections that were cut off and may still read why. */
  endCutOff(): void {
    this.#hub.endCutOff()
  }

  /** Resolves when the log is not read any more. Idempotent. */
  close(): Promise<void> {
    return this.#hub.close()
  }

  #guard(entry: Namespace, isOurs: () => boolean): void {
    entry.use((socket, next) => (isOurs() ? this.#admit(socket, next) : next()))
    entry.on('connection', (socket) => {
      if (isOurs()) this.#connected(socket)
    })
  }

  #admit(socket: Socket, next: (error?: Error) => void): void {
    const address = this.#options.peerAddress(socket.request)
    const decision = this.#decide(socket, address)
    if (decision.status === 'admitted') {
      next()
      return
    }
    const { code } = decision
    this.#options.log.debug({ namespace: urlWithoutKeys(socket.nsp.name), code }, 'A socket was refused')
    this.turnedAway({ code, message: decision.message, address })
    next(refusal(decision))
  }

  #decide(socket: Socket, address: string): Admitted | Refused {
    const { admission, connections, maxSocketsPerInstance } = this.#options
    if (connections.isSurplus(socket.conn)) return tooMany(TOO_MANY_OF_ADDRESS)
    const decision = admission.admit(attemptOf(socket), address)
    const tokenOf = decision.status === 'admitted' ? decision.tokenOf : undefined
    if (!tokenOf || this.#hub.openedByToken(tokenOf) < maxSocketsPerInstance) return decision
    return tooMany(`Too many sockets are open with the token of "${tokenOf.name}"`)
  }

  #connected(socket: Socket): void {
    // What let it in may have been taken away since the middleware ran.
    const decision = this.#options.admission.decide(attemptOf(socket))
    if (decision.status === 'refused') {
      socket.disconnect()
      return
    }
    this.#hub.add(socket, decision)
  }
}

function attemptOf(socket: Socket): Attempt {
  return { namespace: socket.nsp.name, handshake: socket.handshake, peer: socket.conn.remoteAddress }
}

/** What Socket.IO sends as `connect_error`. */
function refusal({ code, message, retryAfterMs }: Refused): Error {
  return Object.assign(new Error(message), { data: { code, message, ...(retryAfterMs && { retryAfterMs }) } })
}
