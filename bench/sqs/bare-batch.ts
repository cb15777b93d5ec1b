import { setTimeout } from 'node:timers/promises'
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs'
import { clock } from '../harness/clock.ts'
import { sampleEvent } from '../harness/sample-events.ts'
import { serve } from '../harness/serve.ts'
import { bareMessage } from './bare-message.ts'
import { CREDENTIALS, REGION, type Sender, SHARED_QUEUE } from './sender.ts'

/**
 * The SDK as fast as it goes: `concurrency` loops, each sends ten events of its own instances, waits for the answer, and
 * sends the next ten. It stores nothing and does not retry.
 */
const { data } = sampleEvent('0.8 kB')
const BATCH = 10

interface Source {
  instance: string
  /** Its last event's number. */
  n: number
}

let client: SQSClient
let queueUrl: string
let sources: Source[] = []

const bareBatch: Sender = {
  async start({ endpoint, instances }) {
    client = new SQSClient({ endpoint, region: REGION, credentials: CREDENTIALS })
    queueUrl = `${endpoint}/000000000000/${SHARED_QUEUE}`
    sources = instances.map((instance) => ({ instance, n: 0 }))
  },
  async run(ms, concurrency) {
    const end = clock() + ms
    // Each instance is in one loop only, so that its events stay in order.
    const loops = Array.from({ length: concurrency }, (_, loop) =>
      sources.filter((_, index) => index % concurrency === loop)
    )
    const counts = await Promise.all(loops.map((own) => send(own, end)))
    return counts.reduce((sum, count) => sum + count, 0)
  },
  pace: () => Promise.reject(new Error('It only knows full batches')),
  settled: () => setTimeout(0)
}

async function send(own: readonly Source[], end: number): Promise<number> {
  let sent = 0
  while (clock() < end) {
    const at = clock()
    const Entries = Array.from({ length: BATCH }, (_, index) => {
      // There are as many sources as take turns.
      const source = own[(sent + index) % own.length] as Source
      return { Id: String(index), ...bareMessage(source.instance, { n: ++source.n, at, ...data }) }
    })
    const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }))
    if (Failed.length > 0) throw new Error(Failed[0]?.Message)
    sent += BATCH
  }
  return sent
}

serve(bareBatch)
