import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { withMessages } from '../lib/error-class.ts'
import { TransportDisabledError, ValidationError } from '../lib/errors.ts'
import { saying } from '../lib/message-code.ts'
import {
  DeadLetterPage,
  DeadLettersQuery,
  type DeadLetterReply,
  DiscardQuery,
  DiscardReply,
  GroupsQuery,
  GroupsReply,
  MAX_IDS,
  OutcomesQuery,
  OutcomesReply,
  RedriveBody,
  RedriveReply
} from '../lib/schemas/dead-letters.ts'
import { errorReplies } from '../lib/schemas/error-replies.ts'
import type { DeadLetter, DeadLetterFilter, DeadLetterGroup, RedriveOutcome } from '../lib/store/dead-letter-store.ts'
import { POLLED_LOG_LEVEL } from './conventions.ts'
import { authorize } from './keys.ts'

/**
 * `GET /sqs/deadletters`, `GET /sqs/deadletters/groups`, `POST /sqs/deadletters/redrive`, `GET /sqs/deadletters/outcomes`,
 * `DELETE /sqs/deadletters`
 */
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
    handler: async ({ query: { after, limit, count: isCounted, ...filter } }) => {
      const page = await deadLetters().read({ ...filter, after, limit: limit + 1 })
      const shown = page.slice(0, limit)
      const count = isCounted ? { count: await deadLetters().count(filter) } : {}
      return { deadLetters: shown.map(toReply), after: shown.at(-1)?.id ?? after, more: page.length > limit, ...count }
    }
  })

  fastify.get('/sqs/deadletters/groups', {
    config,
    schema: {
      operationId: 'groupDeadLetters',
      tags: ['sqs'],
      summary: 'Count dead letters by reason, queue and instance, largest groups first',
      querystring: GroupsQuery,
      response: {
        200: GroupsReply,
        ...errorReplies(400, 401, 409, 503)
      }
    },
    handler: async ({ query }) => {
      const { groups, reasons, queues, ...counts } = await deadLetters().groups(query)
      return { ...counts, groups: groups.map(toGroupReply), reasons: [...reasons], queues: [...queues] }
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

  fastify.get('/sqs/deadletters/outcomes', {
    logLevel: POLLED_LOG_LEVEL,
    config,
    schema: {
      operationId: 'getRedriveOutcomes',
      tags: ['sqs'],
      summary: 'Read the outcome of redriven dead letters: sent, pending, or dead again with the reason',
      querystring: OutcomesQuery,
      response: {
        200: OutcomesReply,
        ...errorReplies(400, 401, 409, 503)
      }
    },
    handler: async ({ query }) => ({
      outcomes: (await deadLetters().outcomes(toIds(query.ids))).map(toOutcomeReply)
    })
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
      const filter = toFilter({ ...rest, ...(ids !== undefined && { ids: toIds(ids) }) }, 'querystring')
      return { discarded: await deadLetters().discard(filter) }
    }
  })
}

/** Returns the filter of a request. A request without any member must not mean all dead letters. @throws {ValidationError} */
function toFilter({ all = false, ...filter }: RedriveBody, part: string): DeadLetterFilter {
  const named = Object.keys(filter).length > 0
  const others = Object.keys(filter).join(', ')
  if (all && named)
    throw saying(new ValidationError(`${part}.all cannot be combined with others: leave out ${others}`), {
      code: 'standsAlone',
      field: `${part}.all`,
      values: [others]
    })
  if (!all && !named)
    throw saying(new ValidationError(`${part} must have ids, instance, queue or reason, or all: true`), {
      code: 'nothingNamed',
      field: part,
      values: []
    })
  if (filter.ids) assertFew(filter.ids, part)
  return filter
}

/** Returns the ids in a query. @throws {ValidationError} */
function toIds(text: string): number[] {
  const ids = text.split(',').map(Number)
  assertFew(ids, 'querystring')
  return ids
}

function assertFew({ length }: readonly number[], part: string): void {
  if (length <= MAX_IDS) return
  const field = `${part}.ids`
  const message = `${field} must not have more than ${MAX_IDS} items`
  throw withMessages(new ValidationError(message), [message], [{ code: 'maxItems', field, values: [MAX_IDS] }])
}

function toReply({ instanceKey: _, firstDiedAt, diedAt, ...letter }: DeadLetter): DeadLetterReply {
  return { ...letter, firstDiedAt: firstDiedAt.toISOString(), diedAt: diedAt.toISOString() }
}

function toGroupReply({ firstDiedAt, lastDiedAt, ...group }: DeadLetterGroup): GroupsReply['groups'][number] {
  return { ...group, firstDiedAt: firstDiedAt.toISOString(), lastDiedAt: lastDiedAt.toISOString() }
}

function toOutcomeReply(outcome: RedriveOutcome): OutcomesReply['outcomes'][number] {
  if (outcome.outcome !== 'dead') return outcome
  const { id, letter } = outcome
  return { id, outcome: 'dead', reason: letter.reason, message: letter.message }
}

export default deadLetterRoutes
