import { setTimeout as sleep } from 'node:timers/promises'
import { clock } from '../harness/clock.ts'
import { serve } from '../harness/serve.ts'
import { quantile } from '../harness/statistics.ts'
import { follow } from './follow.ts'
import { API_KEY } from './live-server.ts'
import { Posting } from './posting.ts'

const PAD = 'x'.repeat(1_000)
const CONNECTIONS = 32

let postings: Posting[] = []
let onArrival: (latencyMs: number) => void = () => {}

/** Posts one event a request at a steady rate, and follows its events. */
const tenant = {
  async connect({ port, instance }: { port: number; instance: string }): Promise<void> {
    postings = Array.from({ length: CONNECTIONS }, () => new Posting({ port, instance, apikey: API_KEY }))
    await follow({
      port,
      namespace: instance,
      onEvent: (text) => onArrival(clock() - Number(/"at":([\d.]+)/.exec(text)?.[1])),
      onError: () => process.exit(1)
    })
  },
  /** Latencies until the answer, and until the event is at the socket. Each counts from when it was due. */
  async post({ perSecond, ms }: { perSecond: number; ms: number }) {
    const answers: number[] = []
    const arrivals: number[] = []
    const count = Math.round((perSecond * ms) / 1_000)
    const { promise: arrived, resolve } = Promise.withResolvers<void>()
    onArrival = (latency) => {
      if (arrivals.push(latency) === count) resolve()
    }
    const begun = clock()
    const answered: Promise<unknown>[] = []
    for (let sent = 0; sent < count; sent++) {
      const due = begun + (sent * 1_000) / perSecond
      const early = due - clock()
      if (early > 0) await sleep(early)
      const body = JSON.stringify({ event: 'messages.upsert', data: { at: due, pad: PAD } })
      const posting = postings[sent % CONNECTIONS] as Posting
      answered.push(posting.post(body).then(() => answers.push(clock() - due)))
    }
    await Promise.all(answered)
    await arrived
    return {
      'HTTP p50 ms': quantile(answers, 0.5),
      'HTTP p99 ms': quantile(answers, 0.99),
      'socket p50 ms': quantile(arrivals, 0.5),
      'socket p99 ms': quantile(arrivals, 0.99)
    }
  }
}

export type Tenant = typeof tenant

serve(tenant)
