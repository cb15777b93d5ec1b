import type { FastifyBaseLogger } from 'fastify'
import type { Socket } from 'socket.io'
import type { EventLog } from '../event-log/event-log.ts'
import { WS_STALLED, WS_TOO_SLOW } from '../errors.ts'
import { eventSize } from '../events/messages.ts'
import type { QuietLog } from '../telemetry/quiet-log.ts'
import type { InstanceChange } from '../instances/directory.ts'
import type { Instance } from '../instances/instance.ts'
import type { StoredEvent } from '../events/event.ts'
import { slowClientChannel, type SlowClientNotice } from '../telemetry/channels.ts'
import type { Admitted } from './admission.ts'
import type { Audiences } from './audiences.ts'
import { Backlogs } from './backlogs.ts'
import { BufferBudget, LIVE_SHARE } from './buffer-budget.ts'
import { Channels } from './channels.ts'
import type { Listener } from './listener.ts'
import { Payload } from './payload.ts'
import { Replays } from './replays.ts'
import { Scope } from './scope.ts'
import { SharedPayloads } from './shared-payloads.ts'
import { SocketWriter, type CutOffReason } from './socket-writer.ts'

export interface HubOptions {
  eventLog: EventLog
  audiences: Audiences
  /** Of one connection. */
  maxBufferedBytes: number
  /** Of all connections together. */
  maxBufferedBytesTotal: number
  stalledAfterMs: number
  log: FastifyBaseLogger
  quietLog: QuietLog
}

/** Follows the log for all sockets that were admitted: each is a position in it, live or behind. */
export class Hub {
  readonly #options: HubOptions
  readonly #listeners = new Set<Listener>()
  /** Listeners by the key of the instance that they see; `undefined`: those that see all. */
  readonly #byInstance = new Map<number | undefined, Set<Listener>>()
  /** How many listeners each instance's token opened. */
  readonly #byToken = new Map<number, number>()
  readonly #live = new Channels()
  readonly #replays: Replays
  readonly #budget: BufferBudget
  readonly #backlogs: Backlogs
  readonly #writers = new WeakMap<Socket['conn'], SocketWriter>()
  readonly #stopTail: () => void
  #head = 0

  constructor(options: HubOptions) {
    const { eventLog, audiences, log, stalledAfterMs } = options
    this.#options = options
    this.#budget = new BufferBudget(options.maxBufferedBytesTotal)
    this.#backlogs = new Backlogs({ stalledAfterMs, stalled: (writer) => this.#cut(writer, WS_STALLED) })
    this.#replays = new Replays({
      logStore: eventLog.store.log,
      log,
      budget: this.#budget,
      head: () => this.#head,
      audienceOf: (event) => audiences.of(event),
      live: (listener) => this.#live.add(listener),
      replayed: (count) => eventLog.metrics.replayed.inc(count)
    })
    this.#stopTail = eventLog.store.log.tail({
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

  /** Replays that wait until others have read what is buffered for them. */
  get waiting(): number {
    return this.#replays.waiting
  }

  /** Bytes that wait for clients, what they share counted once. */
  get bufferedBytes(): number {
    return this.#budget.held
  }

  /** Whether replays do not go on, since clients do not read what is buffered for them. */
  get stuck(): boolean {
    return this.#replays.stuck
  }

  /** Sockets that listen by the token of this instance. */
  openedByToken({ key }: Instance): number {
    return this.#byToken.get(key) ?? 0
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
    this.#backlogs.endCutOff()
  }

  /** Resolves when the log is not read any more. Idempotent. */
  async close(): Promise<void> {
    this.#stopTail()
    this.#backlogs.stop()
    await this.#replays.stop()
  }

  /** Events for sockets, in offset order, and how far the log has been looked at for them. */
  #advanced(events: readonly StoredEvent[], head: number): void {
    const { audiences, eventLog } = this.#options
    const served = this.#head
    this.#head = head
    this.#replays.hold(events)
    const payloads = new SharedPayloads()
    let delivered = 0
    for (const [{ scope, listeners }, wanted] of this.#live.route(events, (event) => audiences.of(event))) {
      const size = wanted.reduce((sum, event) => sum + eventSize(event), 0)
      const fits = this.#budget.fits(scope.owner, size, LIVE_SHARE)
      const payload = fits ? payloads.of(scope, wanted) : undefined
      for (const listener of listeners) {
        const { writer } = listener
        if (!payload || !this.#hasRoom(writer, payload)) this.#fallBehind(listener, served)
        else if (this.#isTooSlow(writer, payload)) this.#cut(writer, WS_TOO_SLOW)
        else {
          writer.send(payload)
          delivered += wanted.length
        }
      }
    }
    eventLog.metrics.emitted.inc(delivered)
  }

  /** Whether the budget has room for what a writer does not share with others. */
  #hasRoom(writer: SocketWriter, payload: Payload): boolean {
    return this.#budget.held === 0 || writer.sharesFrames || this.#budget.fits(payload.owner, payload.bytes, LIVE_SHARE)
  }

  #isTooSlow(writer: SocketWriter, payload: Payload): boolean {
    if (!writer.waits) return false
    const { buffered } = writer
    return buffered > 0 && buffered + payload.bytes > this.#options.maxBufferedBytes
  }

  /** It gets from the log, in its turn, what could not be sent to it. */
  #fallBehind(listener: Listener, served: number): void {
    this.#live.remove(listener)
    this.#replays.catchUp(listener, served)
  }

  #cut(writer: SocketWriter, code: CutOffReason): void {
    const { metrics } = this.#options.eventLog
    const { socket, buffered } = writer
    const namespace = socket.nsp.name
    if (code === WS_STALLED) metrics.stalled.inc()
    else metrics.cutOff.inc()
    this.#options.quietLog.warn(code, { namespace, buffered, code }, TOLD[code])
    if (slowClientChannel.hasSubscribers) {
      const notice: SlowClientNotice = { code, namespace, socketId: socket.id, bufferedBytes: buffered }
      slowClientChannel.publish(notice)
    }
    writer.cutOff(code)
  }

  #add(listener: Listener): void {
    this.#options.eventLog.metrics.admitted.inc()
    this.#listeners.add(listener)
    const { instanceKey } = listener.scope
    this.#byInstance.set(instanceKey, (this.#byInstance.get(instanceKey) ?? new Set()).add(listener))
    const { tokenOf } = listener
    if (tokenOf) this.#byToken.set(tokenOf.key, this.openedByToken(tokenOf) + 1)
  }

  #remove(listener: Listener): void {
    this.#live.remove(listener)
    this.#replays.remove(listener)
    this.#listeners.delete(listener)
    const { instanceKey } = listener.scope
    const others = this.#byInstance.get(instanceKey)
    others?.delete(listener)
    if (others?.size === 0) this.#byInstance.delete(instanceKey)
    const { tokenOf } = listener
    if (!tokenOf) return
    const left = this.openedByToken(tokenOf) - 1
    if (left > 0) this.#byToken.set(tokenOf.key, left)
    else this.#byToken.delete(tokenOf.key)
  }

  #writerOf(socket: Socket): SocketWriter {
    const { conn } = socket
    let writer = this.#writers.get(conn)
    if (!writer) {
      writer = new SocketWriter(socket, { budget: this.#budget, waits: (waiting) => this.#backlogs.add(waiting) })
      this.#writers.set(conn, writer)
    }
    return writer
  }
}

const TOLD: Readonly<Record<CutOffReason, string>> = {
  [WS_TOO_SLOW]: 'A client reads too slowly: its connection was closed, to resume',
  [WS_STALLED]: 'A client reads nothing: its connection was closed, to resume'
}

function sameToken(a: Instance, b: Instance): boolean {
  return (
    a.tokenHash === b.tokenHash || (a.tokenHash !== null && b.tokenHash !== null && a.tokenHash.equals(b.tokenHash))
  )
}
