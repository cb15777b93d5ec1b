import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { serve } from '../harness/serve.ts'
import { bareMessage } from './bare-message.ts'
import { Publisher } from './publisher.ts'
import { CREDENTIALS, REGION, type Sender, SHARED_QUEUE } from './sender.ts'

/** One SendMessage for each event without awaiting it, as Evolution API sends. The order is not ensured. */
let publisher: Publisher

const bareSingle: Sender = {
  async start({ endpoint, instances }) {
    const client = new SQSClient({ endpoint, region: REGION, credentials: CREDENTIALS })
    const QueueUrl = `${endpoint}/000000000000/${SHARED_QUEUE}`
    let sending = 0
    publisher = new Publisher({
      instances,
      publish(instance, data) {
        sending++
        // Unhandled, its failure ends the process, and the benchmark.
        const message = bareMessage(instance, data)
        void client.send(new SendMessageCommand({ QueueUrl, ...message })).then(() => sending--)
      },
      outstanding: () => sending,
      limit: 200
    })
  },
  run: (ms) => publisher.run(ms),
  pace: (perSecond, ms) => publisher.pace(perSecond, ms),
  settled: () => publisher.settled()
}

serve(bareSingle)
