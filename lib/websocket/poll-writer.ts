import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Chunk } from './buffer-budget.ts'
import { NOTICES } from './event-page.ts'
import type { Payload } from './payload.ts'
import type { ResponseWriter, ResponseWriterOptions } from './response-writer.ts'
import { takenBytes } from './taken-bytes.ts'
import { UnreadChunks } from './unread-chunks.ts'

/** The end of a wait. `page`: the body of the reply, as JSON. `unauthorized`: not any more. `failed`: the log cannot be read. */
export type PollOutcome =
  | { readonly status: 'page'; readonly body: Buffer }
  | { readonly status: 'unauthorized' }
  | { readonly status: 'failed' }

const [BEGIN, COMMA] = ['{"events":[', ','].map((text) => Buffer.from(text)) as [Buffer, Buffer]

/** Waits for the first events of a listener, which are the page that answers the request of long polling. */
export class PollWriter implements ResponseWriter {
  readonly namespace: string
  readonly id = randomUUID()
  /** The body of each reply is a copy. */
  readonly sharesFrames = false
  /** Resolves at the first events, or when events are missing, or with the request. */
  readonly outcome: Promise<PollOutcome>
  readonly #settle: (outcome: PollOutcome) => void
  readonly #response: ServerResponse
  readonly #options: ResponseWriterOptions
  readonly #chunks: UnreadChunks
  /** Bytes of a page that is not yet written to the response. */
  #bytes = 0
  #isOver = false
  #isCut = false

  /** @param response the response that gets the page when the promise has resolved */
  constructor(response: ServerResponse, options: ResponseWriterOptions) {
    this.namespace = options.namespace
    this.#response = response
    this.#options = options
    this.#chunks = new UnreadChunks(options.budget)
    const { promise, resolve } = Promise.withResolvers<PollOutcome>()
    this.outcome = promise
    this.#settle = resolve
  }

  get buffered(): number {
    const { destroyed, writableEnded, writableLength } = this.#response
    if (destroyed) return 0
    return writableEnded ? writableLength : this.#bytes
  }

  get waits(): boolean {
    return this.#chunks.any
  }

  get isCut(): boolean {
    return this.#isCut
  }

  send(...payloads: readonly Payload[]): void {
    const isNotice = ({ packets: [first] }: Payload) => first === NOTICES.complete || first === NOTICES.incomplete
    const events = payloads.filter((payload) => !isNotice(payload))
    const isIncomplete = payloads.some(({ packets: [first] }) => first === NOTICES.incomplete)
    if (events.length > 0 || isIncomplete) this.#answer(events, isIncomplete)
  }

  /** Ends the wait without events. Idempotent. */
  answer(): void {
    this.#answer([], false)
  }

  settle(): boolean {
    this.#chunks.settle(this.buffered)
    return this.waits
  }

  idleMs(now: number): number {
    const { socket } = this.#response
    return this.#chunks.idleMs(now, socket ? takenBytes(socket) : 0)
  }

  disconnect(): void {
    this.#giveUp('unauthorized')
  }

  close(): void {
    this.#giveUp('failed')
  }

  cutOff(): void {
    this.#isCut = true
    this.end()
  }

  end(): void {
    this.#response.destroy()
  }

  #answer(events: readonly Payload[], isIncomplete: boolean): void {
    if (this.#isOver) return
    const { offset, log, complete, isLive } = this.#options.leave()
    const end = { after: offset, more: !isLive, log, complete: complete && !isIncomplete }
    const list = events.flatMap(({ joined }, index) => (index === 0 ? joined : [COMMA, joined]))
    const body = Buffer.concat([BEGIN, ...list, Buffer.from(`],${JSON.stringify(end).slice(1)}`)])
    const [first] = events
    if (first) this.#count({ owner: first.owner, bytes: body.length, holders: 0 })
    this.#end({ status: 'page', body })
  }

  #count(chunk: Chunk): void {
    this.#bytes = chunk.bytes
    this.#chunks.keep(chunk, 0)
    this.#options.waits(this)
  }

  #giveUp(status: 'unauthorized' | 'failed'): void {
    this.#options.leave()
    this.#end({ status })
  }

  #end(outcome: PollOutcome): void {
    this.#isOver = true
    this.#settle(outcome)
  }
}
