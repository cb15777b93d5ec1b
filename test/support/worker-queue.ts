import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { GetQueueUrlCommand, type Message, SendMessageCommand } from '@aws-sdk/client-sqs'
import type { Test } from 'tap'
import { listen } from './build.ts'
import type { TestSqs } from './sqs.ts'

/** The queue that the workers of the examples read in tests. */
export const QUEUE = 'global_call.fifo'

/**
 * Puts events of calls into the queue: of `sales` one from maria, which is received here, one that cannot be done, and another
 * one from maria; of `support` one from `jid`.
 * @returns the received message
 */
export async function callsInQueue(t: Test, sqs: TestSqs, jid: string): Promise<Message> {
  const { app } = await listen(t, { sqs: { ...sqs.options, dlqMaxReceives: 2, global: { events: ['CALL'] } } })
  const emit = (instance: string, key = {}) =>
    app.onInstanceEvent({ instance, event: 'call', data: { key, message: { conversation: 'Oi' } } })
  await emit('sales', { remoteJid: 'maria' })
  const [first = {}] = await sqs.receive(QUEUE, 1)
  await emit('sales')
  await emit('sales', { remoteJid: 'maria' })
  await emit('support', { remoteJid: jid })
  return first
}

/** Sends the body of a message twice, as SQS delivers it again if a worker is killed between processing and deleting it. */
export async function sendTwice({ client }: TestSqs, MessageBody: string | undefined): Promise<void> {
  const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: QUEUE }))
  for (const MessageDeduplicationId of [randomUUID(), randomUUID()])
    await client.send(
      new SendMessageCommand({ QueueUrl, MessageGroupId: 'sales', MessageDeduplicationId, MessageBody })
    )
}

/** Returns the chats that a worker has counted in its database. */
export function chats(file: string): object[] {
  const db = new DatabaseSync(file)
  const rows = db.prepare('SELECT * FROM chats ORDER BY jid').all()
  db.close()
  return rows.map((row) => ({ ...row }))
}
