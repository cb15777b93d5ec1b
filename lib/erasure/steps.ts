import type { ErasureBody, ErasureReply } from '../schemas/erasure.ts'
import type { ErasureRequest } from './erasure.ts'

/** Ids of one request. */
const IDS_AT_ONCE = 500

/**
 * Erases events by as many requests as it takes. Yields after each what all of them have done so far.
 * @param send sends the body of a request; what it throws ends the work
 * @param before what an earlier run has done: with a JID, the work continues after it
 */
export async function* erasureSteps(
  request: ErasureRequest,
  send: (body: ErasureBody) => Promise<ErasureReply>,
  before?: ErasureReply
): AsyncGenerator<ErasureReply, void> {
  let done: ErasureReply | undefined
  if ('ids' in request) {
    for (let at = 0; at < request.ids.length; at += IDS_AT_ONCE)
      yield (done = sum(done, await send({ ids: request.ids.slice(at, at + IDS_AT_ONCE) })))
    return
  }
  const { jid, after = 0 } = request
  done = before
  do yield (done = sum(done, await send({ jid, after: done?.after ?? after })))
  while (!done.done)
}

/** What two requests have done together, and where the second one has stopped. */
function sum(before: ErasureReply | undefined, next: ErasureReply): ErasureReply {
  if (!before) return next
  const missing = [...(before.missing ?? []), ...(next.missing ?? [])]
  return {
    ...next,
    examined: before.examined + next.examined,
    erased: before.erased + next.erased,
    delivered: before.delivered + next.delivered,
    pending: before.pending + next.pending,
    deadLetters: before.deadLetters + next.deadLetters,
    objects: before.objects + next.objects,
    objectsFailed: [...before.objectsFailed, ...next.objectsFailed],
    ...(next.missing && { missing })
  }
}
