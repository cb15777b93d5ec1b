import type { FastifyBaseLogger } from 'fastify'
import type { Namespace, Server, Socket } from 'socket.io'
import type { CatalogueEvent } from '../events.ts'
import type { EmitResult, EventLog, Route, Transport } from '../event-log.ts'
import { WS_RATE_LIMITED } from '../errors.ts'
import { assertInstanceName } from '../instance-name.ts'
import { QuietLog } from '../quiet-log.ts'
import type { InstanceEventInput } from '../schemas/event-input.ts'
import { resolveSelection, selects, type SelectionRequest } from '../selections.ts'
import type { InstanceChange } from '../store/instances.ts'
import { OFF_SOCKETS, type Instance, type Selection, type StoredEvent } from '../store/types.ts'
import { slowClientChannel, type SlowClientNotice } from '../telemetry/channels.ts'
import { urlWithoutKeys } from '../url-without-keys.ts'
import type { Admission, Attempt, Refused } from './admission.ts'
import { Channels } from './channels.ts'
import type { Listener } from './listener.ts'
import { Outbox } from './outbox.ts'
import { Payload } from './payload.ts'
import type { PeerAddress } from './peer-address.ts'
import { Replays } from './replays.ts'
import { Scope, type Audience } from './scope.ts'

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
  maxBufferedBytes: number
  log: FastifyBaseLogger
}

/** `fastify.websocket`: the way of events to Socket.IO clients. Each of them is a place in the log, live or behind. */
export class WebsocketEmitter implements Transport {
  readonly name = 'websocket'
  /** Whether `/` carries the events of all instances. */
  readonly globalEvents: boolean
  /** Socket.IO's. */
  readonly path: string
  readonly #options: WebsocketEmitterOptions
  readonly #quietLog: QuietLog
  readonly #listeners = new Set<Listener>()
  /** The same by the key of the instance that they see; `undefined`: those who see all. */
  readonly #byInstance = new Map<number | undefined, Set<Listener>>()
  readonly #live = new Channels()
  readonly #replays: Replays
  readonly #outboxes = new WeakMap<Socket['conn'], Outbox>()
  /** Connections that were cut off and are not gone yet, and how to end them at once. */
  readonly #cutOff = new Map<Outbox, () => void>()
  readonly #stopTail: () => void
  #head = 0

  constructor(options: WebsocketEmitterOptions) {
    const { io, eventLog, log } = options
    this.#options = options
    this.globalEvents = options.globalEvents
    this.path = io.path()
    this.#quietLog = new QuietLog(log)
    this.#replays = new Replays({
      store: eventLog.store,
      log,
      head: () => this.#head,
      audienceOf: (event) => this.#audienceOf(event),
      live: (listener) => this.#live.add(listener),
      replayed: (count) => eventLog.metrics.replayed.inc(count)
    })
    // Every name is a namespace; who may enter is decided by the middleware alone, before and after a restart alike.
    for (const entry of [io.of('/'), io.of((_name, _auth, next) => next(null, true))]) this.#guard(entry, () => true)
    // A host that writes to a namespace before anyone is in it makes it, and without the above. It is the host's own for
    // as long as there is no instance of that name.
    io.on('new_namespace', (made) => {
      if (made.listeners('connection').length === 0) {
        this.#guard(made, () => options.admission.isOfInstance(made.name))
      }
    })
    this.#stopTail = eventLog.store.tail({
      interest: () => ({
        all: this.#byInstance.has(undefined),
        instanceKeys: this.#byInstance.keys().filter((key) => key !== undefined)
      }),
      advanced: (events, at) =>
        eventLog.guard('Events could not be written to sockets', () => this.#advanced(events, at))
    })
  }

  /**
   * Accepts an event for sockets alone: logged, then sent to those who are connected.
   * @throws as `EventLog.accept`
   */
  emit(input: InstanceEventInput): Promise<EmitResult> {
    return this.#options.eventLog.accept(input, 'websocket')
  }

  /** Selects events of an instance. @throws as `prepare` @throws {InstanceNotFoundError} */
  async set(instance: string, request: SelectionRequest, field?: string): Promise<WebsocketSelection> {
    const { instances, autoRegister } = this.#options.eventLog
    const { selection, notes } = this.prepare(instance, request, field)
    const after = await instances.setSelection(instance, 'websocket', selection, { register: autoRegister })
    // It has just been stored.
    return { instance: after, selection: after.selections.websocket as Selection, notes }
  }

  /**
   * What a request comes to; stores nothing.
   * @param field how messages call the list of keys
   * @throws {EventUnknownError} {InstanceNameError}
   */
  prepare(instance: string, request: SelectionRequest, field = 'events') {
    assertInstanceName(instance)
    const { instances, catalogue } = this.#options.eventLog
    const stored = instances.get(instance)?.selections.websocket
    const { enabled, events, notes } = resolveSelection(catalogue, request, { stored, field })
    return { selection: { enabled, events }, notes }
  }

  /** The stored selection; `null` if there never was one. @throws {InstanceNotFoundError} */
  find(instance: string): Selection | null {
    return this.#options.eventLog.instances.require(instance).selections.websocket ?? null
  }

  plan(event: CatalogueEvent, instance: Instance | undefined): Route {
    const { namespace, root } = this.#audience(event, instance)
    return { read: namespace || root }
  }

  /** Events for sockets, in offset order, and how far the log has been looked at for them. */
  #advanced(events: readonly StoredEvent[], head: number): void {
    this.#head = head
    this.#replays.hold(events)
    let delivered = 0
    for (const [{ scope, listeners }, wanted] of this.#live.route(events, (event) => this.#audienceOf(event))) {
      const payload = new Payload(wanted.map((event) => scope.packet(event)))
      delivered += listeners.size * wanted.length
      for (const listener of listeners) this.#send(listener, payload)
    }
    this.#options.eventLog.metrics.emitted.inc(delivered)
  }

  /** How many sockets listen. */
  get connected(): number {
    return this.#listeners.size
  }

  /** How many of them are on their way from an offset to the end of the log. */
  get replaying(): number {
    return this.#replays.size
  }

  /** Bytes that clients have not made room for yet. */
  get bufferedBytes(): number {
    const outboxes = new Set([...this.#listeners].map(({ outbox }) => outbox))
    return outboxes.values().reduce((sum, { buffered }) => sum + buffered, 0)
  }

  /** Cuts off whoever lost what let them in. */
  changed(change: InstanceChange): void {
    const { before } = change
    const after = change.type === 'updated' ? change.after : undefined
    const off = after?.selections.websocket?.enabled !== true
    const tokenGone = !after || !sameToken(before, after)
    for (const { socket, scope, tokenOf } of this.#byInstance.get(before.key) ?? []) {
      if ((tokenGone && tokenOf) || (off && !scope.onRoot)) socket.disconnect()
    }
  }

  /** Ends the connections that were cut off and may still read why. */
  endCutOff(): void {
    for (const end of this.#cutOff.values()) end()
  }

  /** Resolves when the log is not read any more. Idempotent. */
  async close(): Promise<void> {
    this.#stopTail()
    await this.#replays.stop()
  }

  #send(listener: Listener, payload: Payload): void {
    const { socket, outbox, scope } = listener
    const { buffered } = outbox
    if (buffered > 0 && buffered + payload.bytes > this.#options.maxBufferedBytes) {
      this.#options.eventLog.metrics.cutOff.inc()
      const details = { namespace: scope.namespace, buffered }
      this.#quietLog.warn('slow', details, 'A client reads too slowly: its connection was closed, to resume')
      if (slowClientChannel.hasSubscribers) {
        const notice: SlowClientNotice = { namespace: scope.namespace, socketId: socket.id, bufferedBytes: buffered }
        slowClientChannel.publish(notice)
      }
      const end = outbox.cutOff(() => this.#cutOff.delete(outbox))
      this.#cutOff.set(outbox, end)
    } else outbox.send(payload)
  }

  #guard(entry: Namespace, isOurs: () => boolean): void {
    entry.use((socket, next) => (isOurs() ? this.#admit(socket, next) : next()))
    entry.on('connection', (socket) => {
      if (isOurs()) this.#connected(socket)
    })
  }

  #admit(socket: Socket, next: (error?: Error) => void): void {
    const { admission, peerAddress, eventLog, log } = this.#options
    const address = peerAddress(socket.request)
    const decision = admission.admit(attemptOf(socket), address)
    if (decision.status === 'admitted') {
      next()
      return
    }
    const { code } = decision
    eventLog.metrics.turnedAway.inc({ code })
    log.debug({ namespace: urlWithoutKeys(socket.nsp.name), code }, 'A socket was refused')
    if (code === WS_RATE_LIMITED)
      this.#quietLog.warn('keys', { address }, 'Too many wrong keys came from an address; if it is a proxy: trustProxy')
    next(refusal(decision))
  }

  #connected(socket: Socket): void {
    // What let it in may have been taken away since the middleware ran.
    const decision = this.#options.admission.decide(attemptOf(socket))
    if (decision.status === 'refused') {
      socket.disconnect()
      return
    }
    const { instance, tokenOf, subscription } = decision
    const scope = new Scope(socket.nsp.name, instance?.key, subscription)
    const listener: Listener = { socket, outbox: this.#outboxOf(socket), scope, tokenOf }
    this.#add(listener)
    socket.once('disconnect', () => this.#remove(listener))
    const { offset, log } = subscription
    if (offset === undefined) this.#live.add(listener)
    else {
      this.#options.eventLog.metrics.resumes.inc()
      if (offset === 'latest') this.#replays.add(listener, this.#head)
      else this.#replays.add(listener, offset, log)
    }
  }

  #add(listener: Listener): void {
    this.#options.eventLog.metrics.admitted.inc()
    this.#listeners.add(listener)
    const { instanceKey } = listener.scope
    this.#byInstance.set(instanceKey, (this.#byInstance.get(instanceKey) ?? new Set()).add(listener))
  }

  #remove(listener: Listener): void {
    this.#live.remove(listener)
    this.#replays.remove(listener)
    this.#listeners.delete(listener)
    const { instanceKey } = listener.scope
    const others = this.#byInstance.get(instanceKey)
    others?.delete(listener)
    if (others?.size === 0) this.#byInstance.delete(instanceKey)
  }

  #outboxOf({ conn }: Socket): Outbox {
    let outbox = this.#outboxes.get(conn)
    if (!outbox) this.#outboxes.set(conn, (outbox = new Outbox(conn)))
    return outbox
  }

  /**
   * Who may see an event, by what is selected now: so a deselected event stops at once, also in a replay, and one that
   * was selected since is there to be replayed.
   */
  #audienceOf({ event, instance: name, instanceKey, flags }: StoredEvent): Audience {
    const { catalogue, instances } = this.#options.eventLog
    const known = catalogue.find(event)
    if (flags & OFF_SOCKETS || !known) return NOBODY
    const instance = instances.get(name)
    // A name given again does not inherit what is selected.
    return this.#audience(known, instance?.key === instanceKey ? instance : undefined)
  }

  #audience({ key, inAll }: CatalogueEvent, instance: Instance | undefined): Audience {
    const namespace = instance !== undefined && selects(instance.selections.websocket, key)
    return { namespace, root: this.globalEvents && (inAll || namespace) }
  }
}

const NOBODY: Audience = { namespace: false, root: false }

function attemptOf(socket: Socket): Attempt {
  return { namespace: socket.nsp.name, handshake: socket.handshake, peer: socket.conn.remoteAddress }
}

/** What Socket.IO sends as `connect_error`. */
function refusal({ code, message, retryAfterMs }: Refused): Error {
  return Object.assign(new Error(message), { data: { code, message, ...(retryAfterMs && { retryAfterMs }) } })
}

function sameToken(a: Instance, b: Instance): boolean {
  return (
    a.tokenHash === b.tokenHash || (a.tokenHash !== null && b.tokenHash !== null && a.tokenHash.equals(b.tokenHash))
  )
}
