import { setTimeout as pause } from 'node:timers/promises'
import {
  DeleteMessageBatchCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient
} from '@aws-sdk/client-sqs'
import { type FauxqsServer, startFauxqs } from 'fauxqs'
import type { Test } from 'tap'
import type { SqsOptions } from '../../plugins/sqs.ts'

export interface TestSqs {
  server: FauxqsServer
  client: SQSClient
  /** Options with which the plugin uses the emulator. */
  options: SqsOptions & { endpoint: string }
  /** Receives and deletes messages as a consumer does, until there are `count`. */
  receive(queue: string, count: number): Promise<Message[]>
  /** Receives and deletes messages. @returns their bodies, parsed */
  bodies(queue: string, count: number): Promise<Record<string, unknown>[]>
  /** Returns the number of messages in a queue, or `undefined` if there is no such queue. */
  depth(queue: string): number | undefined
}

/** Options with an endpoint on which nothing listens. */
export const UNREACHABLE_SQS = {
  endpoint: 'http://127.0.0.1:1',
  region: 'us-east-1',
  credentials: { accessKeyId: 'a', secretAccessKey: 'b' }
}

/** The most milliseconds that a consumer waits for messages. */
const PATIENCE_MS = 20_000

/** A consumer of queues. */
export function consumer(client: SQSClient): Pick<TestSqs, 'receive' | 'bodies'> {
  async function receive(queue: string, count: number): Promise<Message[]> {
    const messages: Message[] = []
    const deadline = Date.now() + PATIENCE_MS
    let QueueUrl: string | undefined
    while (messages.length < count && Date.now() < deadline) {
      QueueUrl ??= await client.send(new GetQueueUrlCommand({ QueueName: queue })).then(
        (found) => found.QueueUrl,
        () => undefined
      )
      if (QueueUrl === undefined) {
        await pause(20)
        continue
      }
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          WaitTimeSeconds: 1,
          MessageAttributeNames: ['All'],
          MessageSystemAttributeNames: ['All']
        })
      )
      messages.push(...Messages)
      if (Messages.length > 0) {
        const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }))
        await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))
      }
    }
    return messages
  }

  return {
    receive,
    bodies: async (queue, count) =>
      (await receive(queue, count)).map(({ Body = '' }) => JSON.parse(Body) as Record<string, unknown>)
  }
}

/** Starts an SQS emulator, by default on a free port; stopped after the test. */
export async function startSqs(t: Test, { port = 0 }: { port?: number } = {}): Promise<TestSqs> {
  const server = await startFauxqs({ port, logger: false })
  t.after(() => server.stop())
  const options = {
    endpoint: `http://127.0.0.1:${server.port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' }
  }
  const client = new SQSClient(options)
  t.after(() => client.destroy())

  return {
    server,
    client,
    options,
    ...consumer(client),
    depth: (queue) => server.inspectQueue(queue)?.messages.ready.length
  }
}
