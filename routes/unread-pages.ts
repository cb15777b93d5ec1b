import type { FastifyReply } from 'fastify'
import { BackpressureError } from '../lib/errors.ts'
import { onceClosed } from '../lib/http/once-closed.ts'
import { saying } from '../lib/message-code.ts'
import { SharedBytes } from '../lib/memory/shared-bytes.ts'
import { excerpt } from '../lib/text/excerpt.ts'

/** Largest number of characters in pages that clients have not read yet. */
const MAX_CHARACTERS = 64 * 1_048_576
/** Milliseconds in which a client must read a page. */
const READ_WITHIN_MS = 120_000
/** Stands for pages of all instances, which only the global key reads. No instance has this name. */
const ALL = ''

/** Bounds the memory of pages that clients do not read: those of one instance take half of it at most. */
export class UnreadPages {
  readonly #characters: SharedBytes<string>
  readonly #withinMs: number

  constructor({ max = MAX_CHARACTERS, withinMs = READ_WITHIN_MS } = {}) {
    this.#characters = new SharedBytes(max)
    this.#withinMs = withinMs
  }

  /**
   * Counts a page until its reply is closed, and closes it if it is not read in time.
   * @throws {BackpressureError} there is no room
   */
  add(page: string, { raw, request }: FastifyReply): void {
    const characters = this.#characters
    const { instance = ALL } = request.params as { instance?: string }
    if (!characters.fits(instance, page.length)) throw refusal(instance)
    characters.add(instance, page.length)
    // Its response may wait behind another one of its connection.
    const timer = setTimeout(() => raw.req.socket.destroy(), this.#withinMs)
    onceClosed(raw, () => {
      clearTimeout(timer)
      characters.remove(instance, page.length)
    })
  }
}

function refusal(instance: string): BackpressureError {
  const whose = instance === ALL ? 'of the log of all instances' : `of the "${excerpt(instance)}" instance`
  const error = new BackpressureError(`too many pages ${whose} are not read by their clients`)
  return saying(error, { code: 'pagesUnread', values: [] })
}
