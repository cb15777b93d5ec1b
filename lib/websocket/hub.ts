import type { FastifyBaseLogger } from 'fastify'
import type { Socket } from 'socket.io'
import type { EventLog } from '../event-log.ts'
import type { QuietLog } from '../quiet-log.ts'
import type { InstanceChange } from '../store/instances.ts'
import type { Instance, StoredEvent } from '../store/types.ts'
import { slowClientChannel, type SlowClientNotice } from '../telemetry/channels.ts'
import type { Admitted } from './admission.ts'
import type { Audiences } from './audiences.ts'
import { Channels } from './channels.ts'
import type { Listener } from './listener.ts'
import { Payload } from './payload.ts'
import { Replays } from './replays.ts'
import { Scope } from './scope.ts'
import { SocketWriter } from './socket-writer.ts'

export interface HubOptions {
  eventLog: EventLog
  audiences: Audiences
  maxBufferedBytes: number
  log: FastifyBaseLogger
  quietLog: QuietLog
}

/** Follows the log for all sockets that were admitted: each is a position in it, live or behind. */
export class Hub {
  readonly #options: HubOptions
  readonly #listeners = new Set<Listener>()
  /** Listeners by the key of the instance that they see; `undefined`: those that see all. */
  readonly #byInstance = new Map<number | undefined, Set<Listener>>()
  readonly #live = new Channels()
  readonly #replays: Replays
  readonly #writers = new WeakMap<Socket['conn'], SocketWriter>()
  /** Connections that were cut off and are not closed yet, each with a function that ends it at once. */
  readonly #cutOff = new Map<SocketWriter, () => void>()
  readonly #stopTail: () => void
  #head = 0

  constructor(options: HubOptions) {
    const { eventLog, audiences, log } = options
    this.#options = options
    this.#replays = new Replays({
      store: eventLog.store,
      log,
      head: () => this.#head,
      audienceOf: (event) => audiences.of(event),
      live: (listener) => this.#live.add(listener),
      replayed: (count) => eventLog.metrics.replayed.inc(count)
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

  /** Sockets that listen. */
  get connected(): number {
    return this.#listeners.size
  }

  /** Sockets on their way from an offset to the end of the log. */
  get replaying(): number {
    return this.#replays.size
  }

  /** Bytes that clients have not made room for yet. */
  get bufferedBytes(): number {
    const writers = new Set([...this.#listeners].map(({ writer }) => writer))
    return writers.values().reduce((sum, { buffered }) => sum + buffered, 0)
  }

  /** Serves a socket until it is disconnected. */
  add(socket: Socket, { instance, tokenOf, subscription }: Admitted): void {
    const scope = new Scope(socket.nsp.name, instance?.key, subscription)
    const listener: Listener = { socket, writer: this.#writerOf(socket), scope, tokenOf }
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

  /** Disconnects the sockets that lost what admitted them. */
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

  /** Events for sockets, in offset order, and how far the log has been looked at for them. */
  #advanced(events: readonly StoredEvent[], head: number): void {
    const { audiences, eventLog } = this.#options
    this.#head = head
    this.#replays.hold(events)
    let delivered = 0
    for (const [{ scope, listeners }, wanted] of this.#live.route(events, (event) => audiences.of(event))) {
      const payload = new Payload(wanted.map((event) => scope.packet(event)))
      delivered += listeners.size * wanted.length
      for (const listener of listeners) this.#send(listener, payload)
    }
    eventLog.metrics.emitted.inc(delivered)
  }

  #send({ socket, writer, scope }: Listener, payload: Payload): void {
    const { maxBufferedBytes, eventLog, quietLog } = this.#options
    const { buffered } = writer
    if (buffered > 0 && buffered + payload.bytes > maxBufferedBytes) {
      eventLog.metrics.cutOff.inc()
      const details = { namespace: scope.namespace, buffered }
      quietLog.warn('slow', details, 'A client reads too slowly: its connection was closed, to resume')
      if (slowClientChannel.hasSubscribers) {
        const notice: SlowClientNotice = { namespace: scope.namespace, socketId: socket.id, bufferedBytes: buffered }
        slowClientChannel.publish(notice)
      }
      const end = writer.cutOff(() => this.#cutOff.delete(writer))
      this.#cutOff.set(writer, end)
    } else writer.send(payload)
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

  #writerOf({ conn }: Socket): SocketWriter {
    let writer = this.#writers.get(conn)
    if (!writer) this.#writers.set(conn, (writer = new SocketWriter(conn)))
    return writer
  }
}

function sameToken(a: Instance, b: Instance): boolean {
  return (
    a.tokenHash === b.tokenHash || (a.tokenHash !== null && b.tokenHash !== null && a.tokenHash.equals(b.tokenHash))
  )
}
