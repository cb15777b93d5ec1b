import type { BatchResult } from '../sqs/batch-client.ts'
import { referenceOf, sendChannel } from './channels.ts'
import { withSendSpan, type SendCall } from './send-span.ts'

/** Sends a batch, traced for subscribers of `sendChannel` and for a registered tracer. */
export function observeSend(call: SendCall, send: () => Promise<BatchResult>): Promise<BatchResult> {
  if (!sendChannel.hasSubscribers) return withSendSpan(call, send)
  const events = call.items.map(({ event }) => referenceOf(event))
  return sendChannel.tracePromise(() => withSendSpan(call, send), { queue: call.queue, events })
}
