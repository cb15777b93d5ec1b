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
  /** Left out: all instances, on the root namespace. */
  instance?: string | undefined
}

/** What came back with a connection that had been lost. */
export interface Replay {
  count: number
  /** Whether the log reached back to where the connection was lost. */
  complete: boolean
}

const RATE_MS = 1_000

/** The events of one or all instances as they happen, through the project's own client. */
export class LiveStream {
  /** Newest first; a new list at most once for each frame; while paused, only by `clear`. */
  readonly events = signal<Message[]>([])
  readonly state = signal<StreamState>('connecting')
  readonly error = signal<ConnectionError | undefined>(undefined)
  /** Events a second, of the last second. */
  readonly rate = signal(0)
  readonly paused = signal(false)
  /** How many came since it was paused. */
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

  /** @param events names of those wanted; none: all */
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
      // With another filter it goes on where it was.
      offset: offset ?? 'latest',
      log,
      ...(events.length > 0 && { events }),
      reconnectionDelay: 500,
      reconnectionDelayMax: 3_000,
      onEvent: (message) => {
        this.#buffer.push(message)
        this.#frame ??= requestAnimationFrame(() => this.#show())
      },
      onResumed: ({ count, complete }) => {
        if (this.#connections++ > 0) this.replay.value = { count, complete }
        this.state.value = 'live'
        this.error.value = undefined
      },
      onDisconnected: () => {
        this.state.value = 'reconnecting'
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
    this.missed.value = 0
  }

  goOn(): void {
    this.paused.value = false
    this.#show()
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

  #show(): void {
    this.#frame = undefined
    if (this.paused.value) {
      this.missed.value = this.#buffer.total - this.#shownTotal
      return
    }
    this.#shownTotal = this.#buffer.total
    this.events.value = this.#buffer.newest()
  }

  #rateMeter(): () => void {
    let before = this.#buffer.total
    return () => {
      this.rate.value = Math.max(0, this.#buffer.total - before)
      before = this.#buffer.total
    }
  }
}
