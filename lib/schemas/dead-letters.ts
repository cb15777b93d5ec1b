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
    limit: Type.Integer({ minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT }),
    count: Type.Boolean({
      default: false,
      description: 'Whether the reply has the total number of dead letters that match the filter.'
    })
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
  attempts: Type.Integer({ description: 'Calls to SQS in the last try; 0 if the delivery failed without one.' }),
  tries: Type.Integer({
    minimum: 1,
    description: 'Number of tries that ended as a dead letter: one, and one for each redrive that did not help.'
  }),
  firstDiedAt: Type.String({ format: 'date-time', description: 'End of the first try.' }),
  diedAt: Type.String({ format: 'date-time', description: 'End of the last try.' })
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
  tries: 2,
  firstDiedAt: '2026-01-31T11:40:00.000Z',
  diedAt: '2026-01-31T12:02:00.000Z'
}

/** The reply of `GET /sqs/deadletters`. */
export const DeadLetterPage = Type.Object(
  {
    deadLetters: Type.Array(DeadLetterReply),
    after: Type.Integer({ description: 'Pass it as `after` to get the next page.' }),
    more: Type.Boolean(),
    count: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: 'With `count=true`: total number of dead letters that match the filter.'
      })
    )
  },
  { examples: [{ deadLetters: [DEAD_LETTER], after: DEAD_LETTER.id, more: false, count: 1 }] }
)
export type DeadLetterPage = Static<typeof DeadLetterPage>

/** The query of `GET /sqs/deadletters/groups`. */
export const GroupsQuery = Type.Object(
  {
    ...Filter,
    limit: Type.Integer({
      minimum: 1,
      maximum: MAX_LIMIT,
      default: DEFAULT_LIMIT,
      description: 'Maximum number of groups, of reasons and of queues in the reply.'
    })
  },
  { additionalProperties: false }
)

const counted = (what: string) =>
  Type.Array(Type.Object({ name: Type.String(), count: Type.Integer({ minimum: 1 }) }), {
    description: `Numbers by ${what}, largest first. They count the dead letters that match the rest of the filter.`
  })

/** The reply of `GET /sqs/deadletters/groups`. */
export const GroupsReply = Type.Object(
  {
    count: Type.Integer({ minimum: 0, description: 'Number of dead letters in all groups, also in those not listed.' }),
    groupCount: Type.Integer({ minimum: 0, description: 'Number of all groups.' }),
    groups: Type.Array(
      Type.Object({
        reason: Type.String(),
        queue: Type.String(),
        instance: Type.String(),
        count: Type.Integer({ minimum: 1 }),
        firstDiedAt: Type.String({ format: 'date-time', description: 'End of the first try of any of them.' }),
        lastDiedAt: Type.String({ format: 'date-time', description: 'End of the last try of any of them.' })
      }),
      { description: 'The largest groups, largest first.' }
    ),
    reasons: counted('reason'),
    queues: counted('queue')
  },
  {
    examples: [
      {
        count: 643,
        groupCount: 1,
        groups: [
          {
            reason: DEAD_LETTER.reason,
            queue: DEAD_LETTER.queue,
            instance: DEAD_LETTER.instance,
            count: 643,
            firstDiedAt: DEAD_LETTER.firstDiedAt,
            lastDiedAt: DEAD_LETTER.diedAt
          }
        ],
        reasons: [{ name: DEAD_LETTER.reason, count: 643 }],
        queues: [{ name: DEAD_LETTER.queue, count: 643 }]
      }
    ]
  }
)
export type GroupsReply = Static<typeof GroupsReply>

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

const Ids = Type.String({ pattern: '^[1-9][0-9]{0,15}(,[1-9][0-9]{0,15})*$', description: 'Separated by commas.' })

/** The query of `GET /sqs/deadletters/outcomes`. */
export const OutcomesQuery = Type.Object({ ids: Ids }, { additionalProperties: false })

/** The reply of `GET /sqs/deadletters/outcomes`. */
export const OutcomesReply = Type.Object(
  {
    outcomes: Type.Array(
      Type.Object({
        id: Type.Integer(),
        outcome: Type.Union(
          ['sent', 'pending', 'dead', 'unknown'].map((outcome) =>
            Type.Literal(outcome as 'sent' | 'pending' | 'dead' | 'unknown')
          ),
          {
            description:
              '`sent`: SQS has accepted it; `pending`: SQS has not accepted it yet; `dead`: it is a dead letter, again or still; `unknown`: it was discarded, sent more than a day ago, or never redriven.'
          }
        ),
        reason: Type.Optional(Type.String({ description: 'The code of a dead letter.' })),
        message: Type.Optional(Type.String())
      }),
      { description: 'In the order of the query.' }
    )
  },
  {
    examples: [
      {
        outcomes: [
          { id: 11, outcome: 'sent' },
          { id: 12, outcome: 'dead', reason: DEAD_LETTER.reason, message: DEAD_LETTER.message }
        ]
      }
    ]
  }
)
export type OutcomesReply = Static<typeof OutcomesReply>

/** The query of `DELETE /sqs/deadletters`. */
export const DiscardQuery = Type.Object(
  {
    ids: Type.Optional(Ids),
    ...Filter,
    all: All
  },
  { additionalProperties: false }
)

export const DiscardReply = Type.Object({ discarded: Type.Integer() }, { examples: [{ discarded: 3 }] })
export type DiscardReply = Static<typeof DiscardReply>
