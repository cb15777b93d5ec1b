import type { FastifyBaseLogger } from 'fastify'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'socket.io'
import { WS_STALLED, WS_TOO_SLOW } from '../errors.ts'
import type { StoredEvent } from '../events/event.ts'
import { eventSize } from '../events/messages.ts'
import { onceClosed } from '../http/once-closed.ts'
import { hasToken, type Instance } from '../instances/instance.ts'
import type { InstanceChange } from '../instances/directory.ts'
import type { CommonHistory, LogStore } from '../store/log-store.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Admitted } from './admission.ts'
import type { Audiences } from './audiences.ts'
import { Backlogs } from './backlogs.ts'
import { BufferBudget, LIVE_SHARE } from './buffer-budget.ts'
import type { Encoding } from './encoding.ts'
import { type Listener, makeListener } from './listener.ts'
import { Listeners } from './listeners.ts'
import { LiveListeners } from './live-listeners.ts'
import { PACKETS, type Payload } from './payload.ts'
import type { Progress } from './progress.ts'
import { Replays } from './replays.ts'
import type { HttpClient, ResponseWriter } from './response-writer.ts'
import type { Resuming } from './resumed.ts'
import { SharedPayloads } from './shared-payloads.ts'
import { SlowClients } from './slow-clients.ts'
import { SocketWriter, type SocketWriterOptions } from './socket-writer.ts'
import type { Writer } from './writer.ts'

export interface HubOptions {
  /** The log that sockets follow. */
  logStore: LogStore
  audiences: Audiences
  metrics: Metrics
  /** Bytes that may wait for one connection. */
  maxBufferedBytes: number
  /** Bytes that may wait for all connections together. */
  maxBufferedBytesTotal: number
  /** Milliseconds without any progress after which a connection is closed. */
  stalledAfterMs: number
  log: FastifyBaseLogger
  /** Runs work and logs what it throws, with this message. */
  guard: (failure: string, work: () => void) => void
}

/** Follows the log for all sockets that were admitted: each is a position in it, at the head (live) or behind. */
export class Hub {
  readonly #options: HubOptions
  readonly #slow: SlowClients
  readonly #listeners = new Listeners()
  readonly #live = new LiveListeners()
  readonly #replays: Replays
  readonly #budget: BufferBudget
  readonly #backlogs: Backlogs
  readonly #writers = new WeakMap<Socket['conn'], SocketWriter>()
  readonly #stopTail: () => void
  #epoch: CommonHistory = { id: '', upTo: 0 }
  #head = 0

  constructor(options: HubOptions) {
    const { logStore, audiences, metrics, log, guard, stalledAfterMs } = options
    this.#options = options
    this.#slow = new SlowClients(options)
    this.#budget = new BufferBudget(options.maxBufferedBytesTotal)
    this.#backlogs = new Backlogs({ stalledAfterMs, stalled: (writer) => this.#slow.cut(writer, WS_STALLED) })
    this.#replays = new Replays({
      logStore,
      log,
      budget: this.#budget,
      epoch: () => this.#epoch,
      head: () => this.#head,
      audienceOf: (event) => audiences.of(event),
      live: (listener) => this.#live.add(listener),
      replayed: (count) => metrics.replayed.inc(count)
    })
    this.#stopTail = logStore.tail({
      interest: () => this.#listeners.interest,
      entered: (epoch) => guard('Sockets could not be notified of a new epoch of the log', () => this.#entered(epoch)),
      advanced: (events, head) => guard('Events could not be written to sockets', () => this.#advanced(events, head)),
      // Another object: pages that were read before are read again.
      erased: () => void (this.#epoch = { ...this.#epoch })
    })
  }

  /** Number of listening sockets. */
  get connected(): number {
    return this.#listeners.size
  }

  /** Number of sockets on the way from an offset to the head of the log. */
  get replaying(): number {
    return this.#replays.size
  }

  /** Number of replays that wait until clients have read what is buffered for others. */
  get waiting(): number {
    return this.#replays.waiting
  }

  /** Bytes that wait for clients; shared ones count once. */
  get bufferedBytes(): number {
    return this.#budget.held
  }

  /** True if replays have been waiting for a while because clients do not read what is buffered for them. */
  get stuck(): boolean {
    return this.#replays.stuck
  }

  /** Returns the number of listening sockets that the token of this instance authorized. */
  countByToken(instance: Instance): number {
    return this.#listeners.countByToken(instance)
  }

  /** Returns the number of listening sockets that have received an event. */
  countReceivers(event: StoredEvent): number {
    const audience = this.#options.audiences.of(event)
    return this.#listeners.receiversOf(event, audience).length
  }

  /** True if clients that see an instance, or all, have as many different filters as they may have, and not this one. */
  hasTooManyFilters({ instance, subscription: { filter } }: Admitted): boolean {
    return filter !== undefined && this.#listeners.hasTooManyFilters(instance?.key, filter)
  }

  /** Serves a socket until it is disconnected. */
  add(socket: Socket, admitted: Admitted): void {
    const listener = makeListener(admitted, {
      ...this.#kind(PACKETS, admitted),
      writer: this.#writerOf(socket),
      namespace: socket.nsp.name,
      disconnect: () => socket.disconnect(),
      close: () => socket.conn.close()
    })
    socket.once('disconnect', () => this.#remove(listener))
    this.#serve(listener, admitted)
  }

  /** Serves an HTTP response until it is closed. @returns its writer */
  addResponse<W extends ResponseWriter>(response: ServerResponse, { namespace, admitted, ...kind }: HttpClient<W>): W {
    const leave = () => {
      const progress = this.#progressOf(listener)
      this.#stop(listener)
      return progress
    }
    const writer = kind.makeWriter({ namespace, ...this.#writing, leave })
    const listener = makeListener(admitted, {
      ...this.#kind(kind.encoding, admitted),
      writer,
      namespace,
      disconnect: () => writer.disconnect(),
      close: () => writer.close()
    })
    this.#serve(listener, admitted)
    onceClosed(response, () => this.#remove(listener))
    return writer
  }

  /** Disconnects the sockets that are no longer authorized: their token, their instance or its selection is gone. */
  changed(change: InstanceChange): void {
    const { before } = change
    const after = change.type === 'updated' ? change.after : undefined
    const off = after?.selections.websocket?.enabled !== true
    for (const listener of this.#listeners.of(before.key)) {
      const { tokenOf, scope } = listener
      const isTokenGone = tokenOf && !(after && hasToken(after, tokenOf.digest))
      if (isTokenGone || (off && !scope.onRoot)) listener.disconnect()
    }
  }

  /** Ends the connections that were cut off and may still read why. */
  endCutOff(): void {
    this.#backlogs.endCutOff()
  }

  /** Resolves when the log is no longer read. Idempotent. */
  async close(): Promise<void> {
    this.#stopTail()
    this.#backlogs.stop()
    await this.#replays.stop()
  }

  /** Events of this epoch follow. Listeners that were served more than is left of the one before are resumed. */
  #entered(epoch: CommonHistory): void {
    const { id, upTo } = epoch
    const [log, served] = [this.#epoch.id, this.#head]
    this.#epoch = epoch
    this.#head = Math.min(served, upTo)
    for (const { scope, listeners } of this.#live.groups()) {
      const payload = scope.notifications([['resuming', { offset: served, log: id } satisfies Resuming]])
      for (const listener of listeners) {
        // One that never asked for offsets has nothing to compare: it receives what follows.
        if (!listener.resumes) continue
        if (served <= upTo) {
          listener.told = served
          listener.writer.send(payload)
        } else {
          this.#live.remove(listener)
          this.#replays.add({ listener, offset: served, log, quiet: true })
        }
      }
    }
  }

  /** Writes events to live listeners, in offset order. `head` is the offset up to which the log was read for them. */
  #advanced(events: readonly StoredEvent[], head: number): void {
    const { audiences, metrics } = this.#options
    const served = this.#head
    this.#head = head
    this.#replays.hold(events)
    const payloads = new SharedPayloads()
    let delivered = 0
    for (const [{ scope, listeners }, wanted] of this.#live.route(events, (event) => audiences.of(event))) {
      const size = wanted.reduce((sum, event) => sum + eventSize(event), 0)
      const fits = this.#budget.fits(scope.owner, size, LIVE_SHARE)
      const payload = fits ? payloads.of(scope, wanted) : undefined
      // A group without events is not routed.
      const { offset: last } = wanted.at(-1) as StoredEvent
      for (const listener of listeners) {
        const { writer } = listener
        if (!payload || !this.#hasRoom(writer, payload)) this.#fallBehind(listener, served)
        else if (this.#isTooSlow(writer, payload)) this.#slow.cut(writer, WS_TOO_SLOW)
        else {
          listener.told = last
          writer.send(payload)
          delivered += wanted.length
        }
      }
    }
    metrics.emitted.inc(delivered)
  }

  /** True if the budget has room for the bytes that a writer does not share with others. */
  #hasRoom(writer: Writer, payload: Payload): boolean {
    return this.#budget.held === 0 || writer.sharesFrames || this.#budget.fits(payload.owner, payload.bytes, LIVE_SHARE)
  }

  #isTooSlow(writer: Writer, payload: Payload): boolean {
    if (!writer.waits) return false
    const { buffered } = writer
    return buffered > 0 && buffered + payload.bytes > this.#options.maxBufferedBytes
  }

  /** A listener without room receives the events from the log, in its turn. */
  #fallBehind(listener: Listener, served: number): void {
    this.#live.remove(listener)
    this.#replays.add({ listener, offset: served, log: this.#epoch.id, quiet: true })
  }

  #kind(encoding: Encoding, { instance }: Admitted) {
    return { encoding, head: this.#head, omission: () => this.#options.audiences.omissionOf(instance) }
  }

  #serve(listener: Listener, { subscription: { offset, log } }: Admitted): void {
    const { metrics } = this.#options
    metrics.admitted.inc()
    this.#listeners.add(listener)
    if (offset === undefined) {
      this.#live.add(listener)
      return
    }
    metrics.resumes.inc()
    if (offset === 'latest') this.#replays.add({ listener, offset: this.#head, log: this.#epoch.id, quiet: false })
    else this.#replays.add({ listener, offset, log, quiet: false })
  }

  #progressOf(listener: Listener): Progress {
    const atHead = { offset: this.#head, log: this.#epoch.id, complete: true, isLive: true }
    return this.#replays.progressOf(listener) ?? atHead
  }

  /** Sends no more events to a listener, which still counts. Idempotent. */
  #stop(listener: Listener): void {
    this.#live.remove(listener)
    this.#replays.remove(listener)
  }

  #remove(listener: Listener): void {
    this.#stop(listener)
    this.#listeners.remove(listener)
  }

  get #writing(): SocketWriterOptions {
    return { budget: this.#budget, waits: (writer) => this.#backlogs.add(writer) }
  }

  #writerOf(socket: Socket): SocketWriter {
    const { conn } = socket
    let writer = this.#writers.get(conn)
    if (!writer) {
      writer = new SocketWriter(socket, this.#writing)
      this.#writers.set(conn, writer)
    }
    return writer
  }
}
