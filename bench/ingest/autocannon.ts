import autocannon, { type Client, type Request } from 'autocannon'
import type { EventSize } from '../harness/sample-events.ts'
import { serve } from '../harness/serve.ts'
import { quantile } from '../harness/statistics.ts'
import { API_KEY, INSTANCE } from './ingest-server.ts'
import type { Load, LoadOptions, LoadProcess } from './load.ts'
import { Numbered, numberedBody } from './numbered.ts'

/** What autocannon builds a client's requests from, as its documentation has it; its types leave it out. */
type RequestClient = Client & { setRequests(requests: Request[]): void }

const load: LoadProcess = {
  /** As many requests as asked for; each connection waits for its answer. @throws an answer was not 202 */
  async run({ port, connections, requests, size, perRequest }: LoadOptions): Promise<Load> {
    const times: number[] = []
    const begun = performance.now()
    let ended = begun
    const { promise, resolve, reject } = Promise.withResolvers<autocannon.Result>()
    const run = autocannon(
      {
        url: `http://127.0.0.1:${port}/events/${INSTANCE}`,
        connections,
        amount: requests,
        timeout: 30,
        // It sees only then that all is done.
        sampleInt: 20,
        setupClient: (client) => numbered(client as RequestClient, size, perRequest)
      },
      (error: Error | null, result) => (error ? reject(error) : resolve(result))
    )
    run.on('response', (_client, _status, _bytes, responseMs) => {
      times.push(responseMs)
      ended = performance.now()
    })
    const { '2xx': accepted, non2xx, errors, timeouts } = await promise
    if (accepted !== requests || non2xx + errors + timeouts > 0) {
      throw new Error(`${accepted} of ${requests} requests were accepted, ${non2xx} refused, ${errors} failed`)
    }
    return { seconds: (ended - begun) / 1_000, p99Ms: quantile(times, 0.99) }
  }
}

function numbered(client: RequestClient, size: EventSize, perRequest: number): void {
  const body = new Numbered(numberedBody(size, perRequest))
  const request: Request = {
    method: 'POST',
    headers: { apikey: API_KEY, 'content-type': 'application/json' },
    setupRequest: (request) => ({ ...request, body: body.next() })
  }
  client.setRequests([request])
}

serve(load)
