import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { TransportDisabledError, ValidationError } from '../lib/errors.ts'
import {
  DeadLetterPage,
  DeadLettersQuery,
  type DeadLetterReply,
  DiscardQuery,
  DiscardReply,
  MAX_IDS,
  RedriveBody,
  RedriveReply
} from '../lib/schemas/dead-letters.ts'
import { errorReplies } from '../lib/schemas/error-replies.ts'
import type { DeadLetter, DeadLetterFilter } from '../lib/store/dead-letter-store.ts'
import { authorize } from './keys.ts'

/** `GET /sqs/deadletters`, `POST /sqs/deadletters/redrive`, `DELETE /sqs/deadletters` */
const deadLetterRoutes: FastifyPluginAsyncTypebox = async (fastify) => {
  const config = authorize('global')
  const deadLetters = () => {
    if (!fastify.hasDecorator('sqs')) throw new TransportDisabledError('sqs')
    return fastify.sqs.deadLetters
  }

  fastify.get('/sqs/deadletters', {
    config,
    schema: {
      operationId: 'listDeadLetters',
      tags: ['sqs'],
      summary: 'List the events that SQS did not accept, and why, oldest first',
      querystring: DeadLettersQuery,
      response: {
        200: DeadLetterPage,
        ...errorReplies(400, 401, 409, 503)
      }
    },
    handler: async ({ query: { after, limit, ...filter } }) => {
      const page = await deadLetters().read({ ...filter, after, limit: limit + 1 })
      const shown = page.slice(0, limit)
      return { deadLetters: shown.map(toReply), after: shown.at(-1)?.id ?? after, more: page.length > limit }
    }
  })

  fastify.post('/sqs/deadletters/redrive', {
    config,
    schema: {
      operationId: 'redriveDeadLetters',
      tags: ['sqs'],
      summary: 'Send dead letters again, with their ids',
      body: RedriveBody,
      response: {
        200: RedriveReply,
        ...errorReplies(400, 401, 404, 409, 413, 415, 503)
      }
    },
    handler: async ({ body }) => ({ redriven: await deadLetters().redrive(toFilter(body, 'body')) })
  })

  fastify.delete('/sqs/deadletters', {
    config,
    schema: {
      operationId: 'discardDeadLetters',
      tags: ['sqs'],
      summary: 'Discard dead letters: their events are not sent',
      querystring: DiscardQuery,
      response: {
        200: DiscardReply,
        ...errorReplies(400, 401, 404, 409, 503)
      }
    },
    handler: async ({ query: { ids, ...rest } }) => {
      const filter = toFilter({ ...rest, ...(ids !== undefined && { ids: ids.split(',').map(Number) }) }, 'querystring')
      return { discarded: await deadLetters().discard(filter) }
    }
  })
}

/** Returns the filter of a request. A request without any member must not mean all dead letters. @throws {ValidationError} */
function toFilter({ all = false, ...filter }: RedriveBody, part: string): DeadLetterFilter {
  const named = Object.keys(filter).length > 0
  if (all && named) throw new ValidationError(`${part}.all stands alone: leave out ${Object.keys(filter).join(', ')}`)
  if (!all && !named) throw new ValidationError(`${part} must name ids, instance, queue or reason, or say all: true`)
  if ((filter.ids?.length ?? 0) > MAX_IDS)
    throw new ValidationError(`${part}.ids must not have more than ${MAX_IDS} items`)
  return filter
}

function toReply({ instanceKey: _, diedAt, ...letter }: DeadLetter): DeadLetterReply {
  return { ...letter, diedAt: diedAt.toISOString() }
}

export default deadLetterRoutes
