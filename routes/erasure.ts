import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { ErasureRequest } from '../lib/erasure/erasure.ts'
import { MAX_MESSAGES, withMessages } from '../lib/error-class.ts'
import { isJid } from '../lib/erasure/jid.ts'
import { ValidationError } from '../lib/errors.ts'
import { saying } from '../lib/message-code.ts'
import { ErasureBody, ErasureReply, EXAMPLE_JID } from '../lib/schemas/erasure.ts'
import { errorReplies } from '../lib/schemas/error-replies.ts'
import { InstanceParams } from '../lib/schemas/instances.ts'
import { excerpt } from '../lib/text/excerpt.ts'
import { plainTextFault } from '../lib/text/plain-text.ts'
import '../plugins/event-log.ts'
import { excluding, needing } from './contradictions.ts'
import { authorize, identityOf } from './keys.ts'

/** `POST /events/:instance/erase` */
const erasureRoutes: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.post('/events/:instance/erase', {
    config: authorize('instance'),
    schema: {
      operationId: 'eraseEvents',
      tags: ['events'],
      summary:
        'Erase the data of events, by a WhatsApp JID or by ids; with the global key, also of events of deleted instances with the same name. Repeat with `after` of the reply until `done`',
      params: InstanceParams,
      body: ErasureBody,
      response: { 200: ErasureReply, ...errorReplies(400, 401, 404, 413, 415, 503) }
    },
    handler: (request) => {
      const removed = identityOf(request)?.kind === 'global'
      return fastify.eventLog.erasure.erase(request.params.instance, toRequest(request.body), { removed })
    }
  })
}

/** @throws {ValidationError} the body has not exactly one of `jid` and `ids`, or one that no event can have */
function toRequest({ jid, ids, after }: ErasureBody): ErasureRequest {
  if (jid !== undefined && ids !== undefined) throw excluding('body.jid', 'body.ids')
  if (jid !== undefined) {
    if (!isJid(jid)) {
      const got = excerpt(jid)
      const error = new ValidationError(`body.jid must be a WhatsApp JID, such as ${EXAMPLE_JID} (got "${got}")`)
      throw saying(error, { code: 'jidInvalid', field: 'body.jid', values: [got] })
    }
    return { jid, ...(after !== undefined && { after }) }
  }
  if (ids === undefined)
    throw saying(new ValidationError('body must have jid or ids'), {
      code: 'oneRequired',
      field: 'body',
      values: ['jid', 'ids']
    })
  const faults = ids.map((id, at) => plainTextFault(`body.ids.${at}`, id)).filter((fault) => fault !== undefined)
  if (faults[0] !== undefined) throw withMessages(new ValidationError(faults[0]), faults.slice(0, MAX_MESSAGES))
  if (after !== undefined) throw needing('body.after', 'body.jid', ', not with body.ids')
  return { ids }
}

export default erasureRoutes
