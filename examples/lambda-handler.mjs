// An AWS Lambda function for a FIFO queue: hands each event to a service of yours, by HTTP.
//
//   TARGET_URL=https://crm.example/whatsapp, handler `lambda-handler.handler`, and an event source mapping with
//   FunctionResponseTypes ReportBatchItemFailures: without it what failed is deleted with the rest.

/** The body of an SQS message, `data` fetched where it was too large for SQS. */
async function read(body) {
  const message = JSON.parse(body)
  if (message.dataType !== 's3') return message
  const object = await fetch(message.data.fileUrl)
  if (!object.ok) throw new Error(`S3 answered ${object.status}`)
  return object.json()
}

/** The work. Throws if it cannot be done now. SQS may bring an event twice: the service tells it by its key. */
async function work(message) {
  const reply = await fetch(process.env.TARGET_URL, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': JSON.stringify([message.instance, message.id]) },
    body: JSON.stringify(message)
  })
  if (!reply.ok) throw new Error(`the service answered ${reply.status}`)
}

/** What failed, and what comes after it in its group: SQS brings these again, in order, and deletes the others. */
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

/** A group is an instance: one after the other within it, instances side by side. */
export async function handler({ Records }) {
  const groups = Map.groupBy(Records, ({ attributes }) => attributes.MessageGroupId)
  const failed = await Promise.all([...groups.values()].map(handleGroup))
  return { batchItemFailures: failed.flat().map(({ messageId }) => ({ itemIdentifier: messageId })) }
}
