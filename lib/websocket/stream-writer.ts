import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Payload } from './payload.ts'
import type { ResponseWriter, ResponseWriterOptions } from './response-writer.ts'
import { takenBytes } from './taken-bytes.ts'
import { UnreadChunks } from './unread-chunks.ts'
import { type CutOffReason, GRACE_MS } from './writer.ts'

/** A comment, which clients ignore and which keeps proxies and both ends from closing the connection. */
export const HEARTBEAT = ':\n\n'

/** Writes Server-Sent Events to an HTTP response. */
export class StreamWriter implements ResponseWriter {
  readonly namespace: string
  readonly id = randomUUID()
  readonly sharesFrames = true
  readonly #response: ServerResponse
  readonly #options: ResponseWriterOptions
  readonly #chunks: UnreadChunks
  #isCut = false

  /** @param response a response whose head is written */
  constructor(response: ServerResponse, options: ResponseWriterOptions) {
    this.namespace = options.namespace
    this.#response = response
    this.#options = options
    this.#chunks = new UnreadChunks(options.budget)
  }

  get buffered(): number {
    return this.#response.destroyed ? 0 : this.#response.writableLength
  }

  get waits(): boolean {
    return this.#chunks.any
  }

  get isCut(): boolean {
    return this.#isCut
  }

  send(...payloads: readonly Payload[]): void {
    for (const payload of payloads) this.#send(payload)
  }

  settle(): boolean {
    this.#chunks.settle(this.buffered)
    return this.waits
  }

  idleMs(now: number): number {
    return this.#chunks.idleMs(now, this.#taken)
  }

  /** Sends the reason, which a client that still reads receives, and closes the connection. */
  cutOff(reason: CutOffReason): void {
    this.finish(`event: closing\ndata: {"code":"${reason}"}\n\n`)
  }

  disconnect(): void {
    this.finish()
  }

  close(): void {
    this.finish()
  }

  /** Ends the response after the pending bytes; closes the connection if the client does not read them in time. */
  finish(last = ''): void {
    if (this.#isCut) return
    this.#isCut = true
    this.#options.leave()
    const timer = setTimeout(() => this.end(), GRACE_MS)
    this.#response.once('close', () => clearTimeout(timer))
    this.#response.end(last)
  }

  end(): void {
    this.#response.destroy()
  }

  /** Sends a heartbeat, unless other bytes are waiting. */
  beat(): void {
    if (!this.waits && !this.#isCut) this.#response.write(HEARTBEAT)
  }

  #send(payload: Payload): void {
    if (this.#isCut) return
    this.#response.write(payload.joined)
    if (this.buffered > 0 && this.#chunks.keep(payload.chunk, this.#taken)) this.#options.waits(this)
  }

  get #taken(): number {
    const { socket } = this.#response
    return socket ? takenBytes(socket) : 0
  }
}
