import { Type, type Static } from '@sinclair/typebox'
import { DEFAULT_LIMIT, MAX_LIMIT } from './page-limits.ts'
import { QUEUE_EXAMPLE } from './queues.ts'

/** Dead letters that one request may name. */
export const MAX_IDS = 1_000
const MAX_ID = Number.MAX_SAFE_INTEGER

const MAX_TEXT = 200

const Filter = {
  instance: Type.Optional(Type.String({ maxLength: MAX_TEXT, description: 'Only of this instance.' })),
  queue: Type.Optional(Type.String({ maxLength: MAX_TEXT, description: 'Only for this queue.' })),
  reason: Type.Optional(Type.String({ maxLength: MAX_TEXT, description: 'Only with this code.' }))
}
const All = Type.Optional(Type.Boolean({ description: 'All dead letters.' }))

/** The query of `GET /sqs/deadletters`. */
export const DeadLettersQuery = Type.Object(
  {
    ...Filter,
    after: Type.Integer({ minimum: 0, maximum: MAX_ID, default: 0, description: 'Only ids after this one.' }),
    limit: Type.Integer({ minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT })
  },
  { additionalProperties: false }
)

export const DeadLetterReply = Type.Object({
  id: Type.Integer(),
  instance: Type.String(),
  event: Type.String(),
  eventId: Type.String(),
  offset: Type.Integer(),
  queue: Type.String(),
  reason: Type.String({ description: 'A code of this server or of AWS.' }),
  message: Type.String(),
  attempts: Type.Integer(),
  diedAt: Type.String({ format: 'date-time' })
})
export type DeadLetterReply = Static<typeof DeadLetterReply>

const DEAD_LETTER: DeadLetterReply = {
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

/** The reply of `GET /sqs/deadletters`. */
export const DeadLetterPage = Type.Object(
  {
    deadLetters: Type.Array(DeadLetterReply),
    after: Type.Integer({ description: 'Pass it as `after` to read on.' }),
    more: Type.Boolean()
  },
  { examples: [{ deadLetters: [DEAD_LETTER], after: DEAD_LETTER.id, more: false }] }
)
export type DeadLetterPage = Static<typeof DeadLetterPage>

/** The body of `POST /sqs/deadletters/redrive`. */
export const RedriveBody = Type.Object(
  {
    ids: Type.Optional(Type.Array(Type.Integer({ minimum: 1, maximum: MAX_ID }), { minItems: 1, maxItems: MAX_IDS })),
    ...Filter,
    all: All
  },
  { additionalProperties: false, examples: [{ instance: 'sales' }, { all: true }] }
)
export type RedriveBody = Static<typeof RedriveBody>

export const RedriveReply = Type.Object({ redriven: Type.Integer() }, { examples: [{ redriven: 3 }] })
export type RedriveReply = Static<typeof RedriveReply>

/** The query of `DELETE /sqs/deadletters`. */
export const DiscardQuery = Type.Object(
  {
    ids: Type.Optional(
      Type.String({ pattern: '^[1-9][0-9]{0,15}(,[1-9][0-9]{0,15})*$', description: 'Separated by commas.' })
    ),
    ...Filter,
    all: All
  },
  { additionalProperties: false }
)

export const DiscardReply = Type.Object({ discarded: Type.Integer() }, { examples: [{ discarded: 3 }] })
export type DiscardReply = Static<typeof DiscardReply>
