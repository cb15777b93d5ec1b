// Reads one queue and processes each event once, in the order of its instance: also if SQS delivers it again, if this program
// is killed, and if several of them run.
//
//   SQS_ENDPOINT=http://localhost:4566 QUEUE=sales_messages_upsert.fifo node examples/idempotent-worker.mjs
import { DatabaseSync } from 'node:sqlite'
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SQSClient
} from '@aws-sdk/client-sqs'

const { SQS_ENDPOINT, QUEUE = 'sales_messages_upsert.fifo', FILE = 'worker.db', RETRY_SECONDS = '10' } = process.env

const db = new DatabaseSync(FILE, { timeout: 5_000 })
db.exec(`
  PRAGMA journal_mode = WAL;
  CREATE TABLE IF NOT EXISTS handled (instance TEXT, id TEXT, at INTEGER, PRIMARY KEY (instance, id)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS chats (jid TEXT PRIMARY KEY, messages INTEGER, last TEXT);
`)
const mark = db.prepare('INSERT INTO handled VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
// SQS keeps a message for at most 14 days, so older ids are no longer needed.
const forget = db.prepare('DELETE FROM handled WHERE at < ?')
const count = db.prepare(`
  INSERT INTO chats VALUES (?, 1, ?) ON CONFLICT DO UPDATE SET messages = messages + 1, last = excluded.last
`)

/** Your work; here, counts the messages of each chat. Throws if it must be retried. */
function work({ data }) {
  if (typeof data?.key?.remoteJid !== 'string') throw new TypeError('data.key.remoteJid is missing')
  count.run(data.key.remoteJid, data.message?.conversation ?? null)
}

/** Does the work and stores the event's id in one transaction. @returns whether the event was new */
function once(message) {
  db.exec('BEGIN IMMEDIATE')
  try {
    // An id is unique within its instance.
    const isNew = mark.run(message.instance, message.id, Date.now()).changes === 1
    if (isNew) work(message)
    db.exec('COMMIT')
    return isNew
  } catch (error) {
    db.exec('ROLLBACK')
    throw error
  }
}

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
  // All ten must be done within these 60 seconds, or SQS delivers them again.
  const receive = { MaxNumberOfMessages: 10, WaitTimeSeconds: 20, VisibilityTimeout: 60 }
  const { Messages = [] } = await client
    .send(new ReceiveMessageCommand({ QueueUrl, ...receive, MessageSystemAttributeNames: ['MessageGroupId'] }), {
      abortSignal: stopping.signal
    })
    .catch((error) => {
      if (stopping.signal.aborted) return {}
      throw error
    })

  // Messages after a failed one in its group are received again after it.
  const held = new Set()
  const retry = []
  for (const { Body, ReceiptHandle, Attributes } of Messages) {
    const group = Attributes.MessageGroupId
    try {
      if (!held.has(group)) {
        const message = JSON.parse(Body)
        console.log(`${message.instance} ${message.offset}: ${once(message) ? 'done' : 'done before'}`)
        await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
        continue
      }
    } catch (error) {
      console.error(`${group}: ${error.message}`)
      held.add(group)
    }
    retry.push({ Id: String(retry.length), ReceiptHandle, VisibilityTimeout: Number(RETRY_SECONDS) })
  }
  if (retry.length > 0) await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries: retry }))
  forget.run(Date.now() - 15 * 86_400_000)
}
client.destroy()
db.close()
