import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type, type Static } from '@sinclair/typebox'
import { TransportDisabledError, ValidationError } from '../lib/errors.ts'
import { QUEUE_EXAMPLE, errorReplies } from '../lib/schemas/replies.ts'
import type { DeadLetter, DeadLetterFilter } from '../lib/store/dead-letter-store.ts'
import { opensTo } from './keys.ts'

const MAX_IDS = 1_000
const MAX_ID = Number.MAX_SAFE_INTEGER

const Which = {
  instance: Type.Optional(Type.String({ description: 'Only of this instance.' })),
  queue: Type.Optional(Type.String({ description: 'Only for this queue.' })),
  reason: Type.Optional(Type.String({ description: 'Only with this code.' }))
}
const All = Type.Optional(Type.Boolean({ description: 'Every dead letter there is.' }))

export const DeadLetterReply = Type.Object({
  id: Type.Integer(),
  instance: Type.String(),
  event: Type.String(),
  eventId: Type.String(),
  offset: Type.Integer(),
  queue: Type.String(),
  reason: Type.String({ description: 'A code of ours or of AWS.' }),
  message: Type.String(),
  attempts: Type.Integer(),
  diedAt: Type.String({ format: 'date-time' })
})

const DEAD_LETTER: Static<typeof DeadLetterReply> = {
  id: 12,
  instance: 'sales',
  event: 'messages.upsert',
  eventId: '01a1ffe7-6cd7-7168-85d7-1483718c1415',
  offset: 4711,
  queue: QUEUE_EXAMPLE.name,
  reason: 'AccessDenied',
  message: 'Access to the resource is denied',
  attempts: 10,
  diedAt: '2026-01-31T12:02:00.000Z'
}

const RedriveBody = Type.Object(
  {
    ids: Type.Optional(Type.Array(Type.Integer({ minimum: 1, maximum: MAX_ID }), { minItems: 1, maxItems: MAX_IDS })),
    ...Which,
    all: All
  },
  { additionalProperties: false, examples: [{ instance: 'sales' }, { all: true }] }
)

/** `GET /sqs/deadletters`, `POST /sqs/deadletters/redrive`, `DELETE /sqs/deadletters` */
const deadLetterRoutes: FastifyPluginAsyncTypebox = async (fastify) => {
  const config = opensTo('global')
  const deadLetters = () => {
    if (!fastify.hasDecorator('sqs')) throw new TransportDisabledError('sqs')
    return fastify.sqs.deadLetters
  }

  fastify.get('/sqs/deadletters', {
    config,
    schema: {
      operationId: 'listDeadLetters',
      tags: ['sqs'],
      summary: 'Events that SQS did not take, and why, oldest first',
      querystring: Type.Object(
        {
          ...Which,
          after: Type.Integer({ minimum: 0, maximum: MAX_ID, default: 0, description: 'Only ids after this one.' }),
          limit: Type.Integer({ minimum: 1, maximum: 1_000, default: 100 })
        },
        { additionalProperties: false }
      ),
      response: {
        200: Type.Object(
          {
            deadLetters: Type.Array(DeadLetterReply),
            after: Type.Integer({ description: 'Pass it as `after` to read on.' }),
            more: Type.Boolean()
          },
          { examples: [{ deadLetters: [DEAD_LETTER], after: DEAD_LETTER.id, more: false }] }
        ),
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
      summary: 'Send dead letters again, under their old ids',
      body: RedriveBody,
      response: {
        200: Type.Object({ redriven: Type.Integer() }, { examples: [{ redriven: 3 }] }),
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
      summary: 'Forget dead letters: their events are not sent',
      querystring: Type.Object(
        {
          ids: Type.Optional(
            Type.String({ pattern: '^[1-9][0-9]{0,15}(,[1-9][0-9]{0,15})*$', description: 'Separated by commas.' })
          ),
          ...Which,
          all: All
        },
        { additionalProperties: false }
      ),
      response: {
        200: Type.Object({ discarded: Type.Integer() }, { examples: [{ discarded: 3 }] }),
        ...errorReplies(400, 401, 404, 409, 503)
      }
    },
    handler: async ({ query: { ids, ...rest } }) => {
      const filter = toFilter({ ...rest, ...(ids !== undefined && { ids: ids.split(',').map(Number) }) }, 'querystring')
      return { discarded: await deadLetters().discard(filter) }
    }
  })
}

/** Nothing named must not come to mean everything. */
function toFilter({ all = false, ...filter }: Static<typeof RedriveBody>, part: string): DeadLetterFilter {
  const named = Object.keys(filter).length > 0
  if (all && named) throw new ValidationError(`${part}.all stands alone: leave out ${Object.keys(filter).join(', ')}`)
  if (!all && !named) throw new ValidationError(`${part} must name ids, instance, queue or reason, or say all: true`)
  if ((filter.ids?.length ?? 0) > MAX_IDS)
    throw new ValidationError(`${part}.ids must not have more than ${MAX_IDS} items`)
  return filter
}

function toReply({ instanceKey: _, diedAt, ...letter }: DeadLetter): Static<typeof DeadLetterReply> {
  return { ...letter, diedAt: diedAt.toISOString() }
}

export default deadLetterRoutes
