import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * A large text that is built once and sent to all clients. One value, such as the host that a request names, is inserted
 * into each copy; clients that have the same copy get a 304.
 */
export class SharedText {
  readonly #type: string
  readonly #parts: readonly Buffer[]
  readonly #hash: string

  /** @param placeholder the text that is replaced by the value */
  constructor({ type, text, placeholder }: { type: string; text: string; placeholder?: string }) {
    this.#type = type
    this.#parts = (placeholder === undefined ? [text] : text.split(placeholder)).map((part) => Buffer.from(part))
    this.#hash = hashOf(text)
  }

  /** Sends a copy. @param value replaces the placeholder, escaped for the text's format */
  send({ headers }: FastifyRequest, reply: FastifyReply, value = ''): FastifyReply {
    const etag = `"${this.#hash}${value && hashOf(value)}"`
    reply.headers({ etag, 'cache-control': 'no-cache' })
    if (headers['if-none-match']?.split(/ *, */).includes(etag)) return reply.code(304).send()
    const written = Buffer.from(value)
    return reply
      .type(this.#type)
      .send(Buffer.concat(this.#parts.flatMap((part, index) => (index === 0 ? [part] : [written, part]))))
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 16)
}
