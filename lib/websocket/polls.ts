import type { ServerResponse } from 'node:http'
import { onceClosed } from '../http/once-closed.ts'
import type { Admitted } from './admission.ts'
import type { Connections } from './connections.ts'
import { EVENT_PAGE } from './event-page.ts'
import type { Hub } from './hub.ts'
import type { PeerAddress } from './peer-address.ts'
import { type PollOutcome, PollWriter } from './poll-writer.ts'
import type { ResponseWriterOptions } from './response-writer.ts'

export interface PollsOptions {
  hub: Hub
  connections: Connections
  peerAddress: PeerAddress
}

export interface Poll {
  namespace: string
  admitted: Admitted
  /** Milliseconds to wait for the first event. */
  waitMs: number
}

/** Serves events by long polling: a request is a listener, by the same rules as sockets, until it has a page of events. */
export class Polls {
  readonly #options: PollsOptions
  readonly #writers = new Set<PollWriter>()
  #isEnding = false

  constructor(options: PollsOptions) {
    this.#options = options
  }

  /** Number of requests that wait. */
  get size(): number {
    return this.#writers.size
  }

  /** True from `end` on. */
  get isEnding(): boolean {
    return this.#isEnding
  }

  /** Waits for events. The response counts, and is followed, until it is closed. */
  async next(response: ServerResponse, { namespace, admitted, waitMs }: Poll): Promise<PollOutcome> {
    const { hub, connections, peerAddress } = this.#options
    connections.count(peerAddress(response.req), response)
    const makeWriter = (options: ResponseWriterOptions) => new PollWriter(response, options)
    const writer = hub.addResponse(response, { namespace, admitted, encoding: EVENT_PAGE, makeWriter })
    this.#writers.add(writer)
    const answer = () => writer.answer()
    const timer = setTimeout(answer, waitMs)
    // The client has left.
    onceClosed(response, answer)
    const outcome = await writer.outcome
    clearTimeout(timer)
    this.#writers.delete(writer)
    return outcome
  }

  /** Answers all requests. Clients ask again. */
  end(): void {
    this.#isEnding = true
    for (const writer of this.#writers) writer.answer()
  }
}
