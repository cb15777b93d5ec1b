// An AWS Lambda function for a FIFO queue, which sends each event to your service over HTTP.
//
//   TARGET_URL=https://crm.example/whatsapp, handler `lambda-handler.handler`, and an event source mapping with
//   FunctionResponseTypes ReportBatchItemFailures: without it, failed messages are deleted with the rest.

/** Returns the event in the body of an SQS message. Fetches it from S3 if it was too large for SQS. */
async function read(body) {
  const message = JSON.parse(body)
  if (message.dataType !== 's3') return message
  const object = await fetch(message.data.fileUrl)
  if (!object.ok) throw new Error(`S3 answered ${object.status}`)
  return object.json()
}

/** Your work. Throws if it must be retried. SQS may deliver an event twice: your service recognizes it by the key. */
async function work(message) {
  const reply = await fetch(process.env.TARGET_URL, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': JSON.stringify([message.instance, message.id]) },
    body: JSON.stringify(message)
  })
  if (!reply.ok) throw new Error(`the service answered ${reply.status}`)
}

/** Returns failed messages, and those after them in their groups. SQS delivers these again in order, and deletes the others. */
async function handleGroup(records) {
  for (const [index, { messageId, body }] of records.entries()) {
    try {
      await work(await read(body))
    } catch (error) {
      console.error(`${messageId}: ${error.message}`)
      return records.slice(index)
    }
  }
  return []
}

/** Processes the messages of one instance in order; several instances run at the same time. */
export async function handler({ Records }) {
  const groups = Map.groupBy(Records, ({ attributes }) => attributes.MessageGroupId)
  const failed = await Promise.all([...groups.values()].map(handleGroup))
  return { batchItemFailures: failed.flat().map(({ messageId }) => ({ itemIdentifier: messageId })) }
}
