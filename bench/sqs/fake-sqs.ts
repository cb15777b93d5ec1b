import { hash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { clock } from '../harness/clock.ts'
import { serve } from '../harness/serve.ts'
import { quantile } from '../harness/statistics.ts'
import { Inbox } from './inbox.ts'

/**
 * As much of SQS as senders need, in a process of its own and fast enough not to be what is measured: it takes messages,
 * answers with their digests, looks at their order, and forgets them.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
 */
interface Entry {
  Id: string
  MessageBody: string
  MessageGroupId: string
  MessageDeduplicationId: string
}

type Body = Record<string, unknown> & { QueueUrl: string }

/** Senders do not compare it. */
const ATTRIBUTES_MD5 = '0'.repeat(32)

const inboxes: Inbox[] = []
let inbox = new Inbox({ ordered: true })
let failure: Error | undefined
let delayMs = 0
let endpoint = ''
/** True while connections are cut. */
let down = false
/** Requests by action, those of cut connections included. */
let asked: Record<string, number> = {}

const actions: Record<string, (body: Body) => object> = {
  CreateQueue: ({ QueueName }) => ({ QueueUrl: `${endpoint}/000000000000/${String(QueueName)}` }),
  GetQueueUrl: ({ QueueName }) => ({ QueueUrl: `${endpoint}/000000000000/${String(QueueName)}` }),
  GetQueueAttributes: () => ({ Attributes: { FifoQueue: 'true', MaximumMessageSize: '1048576' } }),
  SendMessage: (body) => take(body.QueueUrl, body as Body & Entry),
  SendMessageBatch: (body) => ({
    Successful: (body.Entries as Entry[]).map((entry) => ({ Id: entry.Id, ...take(body.QueueUrl, entry) })),
    Failed: []
  })
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const action = String(request.headers['x-amz-target']).slice('AmazonSQS.'.length)
    asked[action] = (asked[action] ?? 0) + 1
    if (down) return void request.socket.destroy()
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Body
    const answer = JSON.stringify(actions[action]?.(body) ?? {})
    if (action.startsWith('SendMessage')) inbox.calls++
    if (delayMs > 0) setTimeout(reply, delayMs, response, answer)
    else reply(response, answer)
  })
})
server.keepAliveTimeout = 60_000

function reply(response: ServerResponse, answer: string): void {
  response.writeHead(200, {
    'content-type': 'application/x-amz-json-1.0',
    'content-length': answer.length,
    'x-amzn-requestid': '00000000-0000-0000-0000-000000000000'
  })
  response.end(answer)
}

function take(url: string, entry: Entry): object {
  const { MessageBody: body, MessageGroupId: group, MessageDeduplicationId: deduplicationId } = entry
  const queue = url.slice(url.lastIndexOf('/') + 1)
  try {
    inbox.add({ queue, group, deduplicationId, body }, clock())
  } catch (error) {
    failure ??= error as Error
  }
  return {
    MD5OfMessageBody: hash('md5', body),
    MD5OfMessageAttributes: ATTRIBUTES_MD5,
    MessageId: '00000000-0000-0000-0000-000000000000',
    SequenceNumber: '18870000000000000000'
  }
}

const fakeSqs = {
  /** @returns the endpoint */
  async listen(): Promise<string> {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    return endpoint
  },
  endpoint: () => endpoint,
  /** A new sender. @returns its number */
  open: (options: { ordered: boolean }) => inboxes.push(new Inbox(options)) - 1,
  /** Begins a run with messages of one sender. @param options.delayMs added to the duration of each request */
  begin(options: { sender: number; delayMs: number }): void {
    inbox = inboxes[options.sender] as Inbox
    inbox.begin()
    delayMs = options.delayMs
  },
  /** Starts or stops cutting the connection of each request. */
  setDown(options: { down: boolean }): void {
    down = options.down
  },
  /** Requests by action since the last call. */
  asked(): Record<string, number> {
    const before = asked
    asked = {}
    return before
  },
  /** Resolves when so many messages have arrived since `begin`. */
  until: (count: number) => inbox.until(count),
  /** @throws a message is missing, repeated or out of order */
  check(): { received: number; calls: number } {
    inbox.check()
    if (failure) throw failure
    return { received: inbox.received, calls: inbox.calls }
  },
  /** Milliseconds from publishing to arrival. */
  latencies(): { p50: number; p99: number; p999: number } {
    const all = inbox.latencies
    return { p50: quantile(all, 0.5), p99: quantile(all, 0.99), p999: quantile(all, 0.999) }
  }
}

export type FakeSqs = typeof fakeSqs

serve(fakeSqs)
