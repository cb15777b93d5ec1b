import { Type, type Static } from '@sinclair/typebox'
import { MAX_ID_LENGTH } from './event-input.ts'

/** Ids of one request. */
const MAX_IDS = 1_000

export const EXAMPLE_JID = '5511999999999@s.whatsapp.net'

/** The body of `POST /events/:instance/erase`. */
export const ErasureBody = Type.Object(
  {
    jid: Type.Optional(
      Type.String({
        maxLength: 140,
        description:
          'Events that name this WhatsApp JID anywhere in `data`, `sender` or an extra member: with or without a device, as `@s.whatsapp.net` or `@c.us`, or as a text that is just its phone number.'
      })
    ),
    ids: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: MAX_ID_LENGTH }), {
        minItems: 1,
        maxItems: MAX_IDS,
        description: 'Events with these ids.'
      })
    ),
    after: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'With `jid`: only events after this offset; `after` of the reply before. 0 if absent.'
      })
    )
  },
  { additionalProperties: false, examples: [{ jid: EXAMPLE_JID }, { ids: ['3EB0C767D26A'] }] }
)
export type ErasureBody = Static<typeof ErasureBody>

const count = (description: string) => Type.Integer({ description })

/** The reply of `POST /events/:instance/erase`. */
export const ErasureReply = Type.Object(
  {
    examined: count('Events that this request has looked at.'),
    erased: count('Events that it has erased. Those that were erased before are not counted.'),
    delivered: count(
      'Of the erased events, those that SQS had already received with their data: erase their copies in queues and at consumers yourself. The server does not know what sockets and readers of the log have received.'
    ),
    pending: count('Of the erased events, those with a delivery that is pending: it is sent with `data: null`.'),
    deadLetters: count('Dead letters of the erased events: a redrive sends them with `data: null`.'),
    objects: count('Objects that were deleted in S3, if the server may read them there.'),
    objectsFailed: Type.Array(
      Type.Object({ id: Type.String({ description: 'Id of the event.' }), key: Type.String(), reason: Type.String() }),
      { description: 'Objects that S3 did not delete: send the ids of their events as `ids` to try again.' }
    ),
    missing: Type.Optional(
      Type.Array(Type.String(), { description: 'The `ids` of the request that the log does not have.' })
    ),
    after: count('The log was searched up to this offset. Pass it as `after` to continue.'),
    upTo: count('The end of the log.'),
    done: Type.Boolean({ description: '`false`: continue with `after`, and the same `jid`.' })
  },
  {
    examples: [
      {
        examined: 10_000,
        erased: 12,
        delivered: 9,
        pending: 1,
        deadLetters: 0,
        objects: 2,
        objectsFailed: [],
        after: 14_711,
        upTo: 52_304,
        done: false
      }
    ]
  }
)
export type ErasureReply = Static<typeof ErasureReply>
