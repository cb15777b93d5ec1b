import type { FastifyBaseLogger } from 'fastify'
import type { Namespace, Server, Socket } from 'socket.io'
import type { CatalogueEvent } from '../events.ts'
import type { EmitResult, EventLog, Route, Transport } from '../event-log.ts'
import { assertInstanceName } from '../instance-name.ts'
import { socketMessage } from '../messages.ts'
import type { InstanceEventInput } from '../schemas/event-input.ts'
import { resolveSelection, selects, type SelectionRequest } from '../selections.ts'
import type { InstanceChange } from '../store/instances.ts'
import { TO_NAMESPACE, TO_ROOT, type Instance, type Selection, type StoredEvent } from '../store/types.ts'
import type { Admission, Admitted } from './admission.ts'
import { RawJson } from './raw-json.ts'

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
  globalEvents: boolean
  log: FastifyBaseLogger
}

/** Sockets on `/` that see every instance. */
const ROOM_ALL = 'all'

/** `fastify.websocket`: the way of events to Socket.IO clients. */
export class WebsocketEmitter implements Transport {
  readonly name = 'websocket'
  readonly #options: WebsocketEmitterOptions
  /**
   * Admitted sockets of each instance by namespace (one for each spelling of its name that clients use).
   * Socket.IO drops a namespace that is empty for a moment; these are the ones that sockets really are in.
   */
  readonly #byInstance = new Map<number, Map<Namespace, Set<Socket>>>()
  readonly #onRoot = new Set<Socket>()

  constructor(options: WebsocketEmitterOptions) {
    this.#options = options
    const { io } = options
    // Every name is a namespace; who may enter is decided by the middleware alone, before and after a restart alike.
    for (const entry of [io.of('/'), io.of((_name, _auth, next) => next(null, true))]) {
      entry.use((socket, next) => this.#admit(socket, next))
      entry.on('connection', (socket) => this.#connected(socket))
    }
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

  plan({ key, inAll }: CatalogueEvent, instance: Instance | undefined): Route {
    const selected = instance !== undefined && selects(instance.selections.websocket, key)
    const onRoot = this.#options.globalEvents && (inAll || selected)
    return { flags: (selected ? TO_NAMESPACE : 0) | (onRoot ? TO_ROOT : 0) }
  }

  deliver(events: readonly StoredEvent[]): void {
    for (const event of events) {
      const namespaces = event.flags & TO_NAMESPACE ? this.#byInstance.get(event.instanceKey) : undefined
      const root = (event.flags & TO_ROOT) !== 0 && this.#onRoot.size > 0
      if (!namespaces && !root) continue
      const message = new RawJson(socketMessage(event))
      for (const namespace of namespaces?.keys() ?? []) namespace.emit(event.event, message)
      if (root) this.#options.io.to([ROOM_ALL, roomOf(event.instanceKey)]).emit(event.event, message)
    }
  }

  /** How many sockets listen. */
  get connected(): number {
    return this.#byInstance.keys().reduce((sum, key) => sum + this.#socketsOf(key).length, this.#onRoot.size)
  }

  /** Cuts off whoever lost what let them in. */
  changed(change: InstanceChange): void {
    const { before } = change
    const after = change.type === 'updated' ? change.after : undefined
    const off = after?.selections.websocket?.enabled !== true
    const tokenGone = !after || !sameToken(before, after)
    for (const socket of [...this.#socketsOf(before.key), ...this.#onRoot]) {
      const { instance, tokenOf } = admittedOf(socket)
      const byToken = tokenOf?.key === before.key
      const onNamespace = instance?.key === before.key && socket.nsp.name !== '/'
      if ((tokenGone && byToken) || (off && onNamespace)) socket.disconnect()
    }
  }

  #admit(socket: Socket, next: (error?: Error) => void): void {
    const decision = this.#decide(socket)
    if (decision.status === 'admitted') {
      socket.data = decision
      next()
      return
    }
    const { code, message } = decision
    this.#options.log.debug({ namespace: socket.nsp.name, code }, 'A socket was refused')
    next(Object.assign(new Error(message), { data: { code, message } }))
  }

  #connected(socket: Socket): void {
    // What let it in may have been taken away since the middleware ran.
    const decision = this.#decide(socket)
    if (decision.status === 'refused') {
      socket.disconnect()
      return
    }
    socket.data = decision
    const { instance } = decision
    if (socket.nsp.name === '/') {
      this.#onRoot.add(socket)
      void socket.join(instance ? roomOf(instance.key) : ROOM_ALL)
      socket.on('disconnect', () => this.#onRoot.delete(socket))
    } else if (instance) this.#listen(instance.key, socket)
  }

  #listen(instanceKey: number, socket: Socket): void {
    const namespaces = getOrMake(this.#byInstance, instanceKey, () => new Map<Namespace, Set<Socket>>())
    const sockets = getOrMake(namespaces, socket.nsp, () => new Set<Socket>())
    sockets.add(socket)
    socket.on('disconnect', () => {
      sockets.delete(socket)
      if (sockets.size === 0) namespaces.delete(socket.nsp)
      if (namespaces.size === 0) this.#byInstance.delete(instanceKey)
    })
  }

  #socketsOf(instanceKey: number): Socket[] {
    return [...(this.#byInstance.get(instanceKey)?.values() ?? [])].flatMap((sockets) => [...sockets])
  }

  #decide(socket: Socket): ReturnType<Admission['decide']> {
    return this.#options.admission.decide(socket.nsp.name, socket.handshake, socket.conn.remoteAddress)
  }
}

/** `socket.data` is ours alone: it holds what admitted the socket. */
function admittedOf(socket: Socket): Admitted {
  return socket.data as Admitted
}

function roomOf(instanceKey: number): string {
  return `instance:${instanceKey}`
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) map.set(key, (value = make()))
  return value
}

function sameToken(a: Instance, b: Instance): boolean {
  return (
    a.tokenHash === b.tokenHash || (a.tokenHash !== null && b.tokenHash !== null && a.tokenHash.equals(b.tokenHash))
  )
}
