import { GetQueueUrlCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { Check } from '../readiness.ts'
import { answerStatus, failureCode, failureMessage } from './failures.ts'

/** Probes of readiness do not wait longer. */
const STATUS_TIMEOUT_MS = 2_000

/** Whether SQS answers, and takes the credentials: asks for a queue, any answer about queues will do. */
export async function sqsStatus(client: SQSClient): Promise<Check> {
  try {
    const abortSignal = AbortSignal.timeout(STATUS_TIMEOUT_MS)
    await client.send(new GetQueueUrlCommand({ QueueName: 'fastify-instance-events-probe' }), { abortSignal })
    return { ok: true }
  } catch (error) {
    const code = failureCode(error)
    const status = answerStatus(error)
    const refused = /Signature|Token|Credential|AccessKey/i.test(code)
    if (status !== undefined && status < 500 && !refused) return { ok: true }
    return { ok: false, code, message: failureMessage(error) }
  }
}
