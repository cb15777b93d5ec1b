// Reads one queue: receives messages with long polling, processes each, then deletes it. SQS delivers messages again that were
// not deleted.
//
//   SQS_ENDPOINT=http://localhost:4566 QUEUE=sales_messages_upsert.fifo node examples/sqs-consumer.mjs
import { DeleteMessageCommand, GetQueueUrlCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'

const { SQS_ENDPOINT, QUEUE = 'sales_messages_upsert.fifo' } = process.env

const client = new SQSClient(
  SQS_ENDPOINT
    ? { endpoint: SQS_ENDPOINT, region: 'us-east-1', credentials: { accessKeyId: 'any', secretAccessKey: 'any' } }
    : {}
)
const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: QUEUE }))
console.log(`waiting for ${QUEUE}`)

const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopping.abort())

while (!stopping.signal.aborted) {
  const { Messages = [] } = await client
    .send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 20 }), {
      abortSignal: stopping.signal
    })
    .catch((error) => {
      if (stopping.signal.aborted) return {}
      throw error
    })
  for (const { Body, ReceiptHandle } of Messages) {
    const { event, instance, offset, data } = JSON.parse(Body)
    console.log(`${event} of ${instance} (offset ${offset}):`, JSON.stringify(data))
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
  }
}
client.destroy()
