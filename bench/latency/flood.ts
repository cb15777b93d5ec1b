import { serve } from '../harness/serve.ts'
import { follow } from './follow.ts'
import { API_KEY } from './live-server.ts'
import { Posting } from './posting.ts'

export interface FloodOptions {
  connections: number
  /** Events of a request, and bytes of each. */
  perRequest: number
  bytes: number
}

let target = { port: 0, instance: '' }
let ending = new AbortController()
let posted = 0
let begun = 0
let over: Promise<unknown> = Promise.resolve()

/** Posts as fast as the server answers, and may follow its own events. */
const flood = {
  async connect({ follows, ...options }: { port: number; instance: string; follows: boolean }): Promise<void> {
    target = options
    const { port, instance: namespace } = options
    if (follows) await follow({ port, namespace, onEvent: () => {}, onError: () => process.exit(1) })
  },
  begin({ connections, perRequest, bytes }: FloodOptions): void {
    const event = { event: 'messages.upsert', data: 'x'.repeat(bytes - 100) }
    const body = JSON.stringify(perRequest === 1 ? event : Array.from({ length: perRequest }, () => event))
    ending = new AbortController()
    const { signal } = ending
    posted = 0
    begun = performance.now()
    over = Promise.all(
      Array.from({ length: connections }, async () => {
        const posting = new Posting({ ...target, apikey: API_KEY })
        while (!signal.aborted) {
          await posting.post(body)
          posted += perRequest
        }
        posting.close()
      })
    )
  },
  /** @returns the events that were accepted in a second */
  async end(): Promise<number> {
    const rate = posted / ((performance.now() - begun) / 1_000)
    ending.abort()
    await over
    return rate
  }
}

export type Flood = typeof flood

serve(flood)
