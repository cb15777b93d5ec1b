import { GetQueueUrlCommand } from '@aws-sdk/client-sqs'
import type { Check } from '../operation/readiness.ts'
import type { SqsCalls } from './calls.ts'
import { callFailure, isAccessDenied, isQueueMissing } from './failures.ts'
import { isForeignRefusal, notThere } from './foreign-answer.ts'

/** Probes of readiness wait no longer. */
const STATUS_TIMEOUT_MS = 2_000
const PROBE = 'fastify-instance-events-probe'

/**
 * Asks SQS for a queue, by the same endpoint, connections and credentials as every send. Only an answer about that queue is
 * `ok`: its URL, that it does not exist, or that access to it is denied. Never rejects.
 */
export async function sqsStatus(calls: SqsCalls): Promise<Check> {
  try {
    const command = new GetQueueUrlCommand({ QueueName: PROBE })
    const { QueueUrl } = await calls.send(command, { deadlineMs: STATUS_TIMEOUT_MS })
    if (QueueUrl) return { ok: true }
    const { code, message } = notThere('SQS', 'HTTP 200')
    return { ok: false, code, message }
  } catch (error) {
    if (isQueueMissing(error) || isAccessDenied(error)) return { ok: true }
    const failure = callFailure(error)
    const { code, message } = isForeignRefusal(failure) ? notThere('SQS', failure.code) : failure
    return { ok: false, code, message }
  }
}
