import { signal } from '@preact/signals'
import { connectInstance, type ConnectionError, type InstanceConnection } from '../lib/client/connect-instance.ts'
import { socketUrl } from './api/address.ts'
import type { Message } from './api/types.ts'
import { EventBuffer } from './event-buffer.ts'

export type StreamState = 'connecting' | 'live' | 'reconnecting' | 'ended'

export interface StreamOptions {
  key: string
  /** Path of the Socket.IO endpoint. */
  path: string
  /** Without it, the events of all instances, on the root namespace. */
  instance?: string | undefined
}

/** The events that were missed while the connection was lost. */
export interface Replay {
  count: number
  /** True if the log had all events since then. */
  complete: boolean
}

const RATE_MS = 1_000

/** The live events of one or all instances. */
export class LiveStream {
  /** Newest first. Updated at most once per frame; while paused or held, only by `clear` and `showNew`. */
  readonly events = signal<Message[]>([])
  readonly state = signal<StreamState>('connecting')
  /** When the connection was lost, in milliseconds since 1970; `undefined` if it is not. */
  readonly lostAt = signal<number | undefined>(undefined)
  readonly error = signal<ConnectionError | undefined>(undefined)
  /** Events in the last second. */
  readonly rate = signal(0)
  readonly paused = signal(false)
  /** True while the user reads the list, which must not move then. */
  readonly held = signal(false)
  /** Number of events that are not shown yet, because the list is paused or held. */
  readonly missed = signal(0)
  readonly replay = signal<Replay | undefined>(undefined)

  readonly #options: StreamOptions
  readonly #buffer = new EventBuffer<Message>()
  #connection: InstanceConnection | undefined
  #timer: ReturnType<typeof setInterval> | undefined
  #frame: number | undefined
  #shownTotal = 0
  #connections = 0
  #events: readonly string[] = []

  constructor(options: StreamOptions) {
    this.#options = options
  }

  /** Connects. @param events names of events; an empty list means all */
  open(events: readonly string[] = []): void {
    const { key, path, instance } = this.#options
    const { offset, log } = this.#connection ?? {}
    this.close()
    this.#events = events
    this.state.value = 'connecting'
    this.error.value = undefined
    this.#connections = 0
    this.#connection = connectInstance(socketUrl(location.href, instance), {
      apikey: key,
      path,
      // A changed filter continues at the last offset.
      offset: offset ?? 'latest',
      log,
      ...(events.length > 0 && { events }),
      reconnectionDelay: 500,
      reconnectionDelayMax: 3_000,
      onEvent: (message) => {
        this.#buffer.push(message)
        this.#frame ??= requestAnimationFrame(() => this.#update())
      },
      onResumed: ({ count, complete }) => {
        if (this.#connections++ > 0) this.replay.value = { count, complete }
        this.state.value = 'live'
        this.lostAt.value = undefined
        this.error.value = undefined
      },
      onDisconnected: () => {
        this.state.value = 'reconnecting'
        this.lostAt.value ??= Date.now()
      },
      onError: (error) => {
        this.error.value = error
        this.state.value = error.retryAfterMs === undefined ? 'ended' : 'reconnecting'
      }
    })
    this.#timer = setInterval(this.#rateMeter(), RATE_MS)
  }

  reopen(): void {
    this.open(this.#events)
  }

  pause(): void {
    this.paused.value = true
  }

  resume(): void {
    this.paused.value = false
    this.showNew()
  }

  hold(): void {
    this.held.value = true
  }

  release(): void {
    this.held.value = false
    this.#update()
  }

  /** Shows the events that are not shown yet. The list stays paused or held. */
  showNew(): void {
    this.#shownTotal = this.#buffer.total
    this.missed.value = 0
    this.events.value = this.#buffer.newest()
  }

  clear(): void {
    this.#buffer.clear()
    this.#shownTotal = 0
    this.missed.value = 0
    this.events.value = []
  }

  close(): void {
    this.#connection?.close()
    clearInterval(this.#timer)
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame)
    this.#frame = undefined
  }

  #update(): void {
    this.#frame = undefined
    if (this.paused.value || this.held.value) this.missed.value = this.#buffer.total - this.#shownTotal
    else this.showNew()
  }

  #rateMeter(): () => void {
    let before = this.#buffer.total
    return () => {
      this.rate.value = Math.max(0, this.#buffer.total - before)
      before = this.#buffer.total
    }
  }
}
