import { Type, type Static } from '@sinclair/typebox'
import { LimitsBody, LimitsReply } from './limits.ts'
import { Nullable } from './nullable.ts'
import { SelectionBody, SelectionReply } from './selections.ts'

/** 30 days. */
export const MAX_KEEP_OLD_SECONDS = 2_592_000

/** A year. */
export const MAX_SILENCE_MINUTES = 525_600

// Tokens travel in headers and URLs.
const Token = Type.String({
  maxLength: 255,
  pattern: '^[\\x21-\\x7E]*$',
  description: 'Printable ASCII without spaces. Generated if absent or empty.'
})

/** Minutes without an event after which an instance is silent. */
export const SilenceAfterMinutes = Nullable(Type.Integer({ minimum: 0, maximum: MAX_SILENCE_MINUTES }), {
  description: "Minutes without an event after which the instance is silent; 0: never, null: the server's value."
})

/** A selection as Evolution API v1 has it. */
const FlatEnabled = Type.Optional(
  Type.Boolean({
    description: 'Evolution API v1 sends the selection in this form. The object `sqs` or `websocket` takes precedence.'
  })
)
const FlatEvents = Type.Optional(SelectionBody.properties.events)

/** The body of `POST /instance/create`. */
export const CreateBody = Type.Object(
  {
    instanceName: Type.String({ minLength: 1, maxLength: 100 }),
    token: Type.Optional(Token),
    integration: Type.Optional(Type.String({ maxLength: 100 })),
    silenceAfterMinutes: Type.Optional(SilenceAfterMinutes),
    limits: Type.Optional(LimitsBody),
    sqs: Type.Optional(SelectionBody),
    websocket: Type.Optional(SelectionBody),
    sqs_enabled: FlatEnabled,
    sqs_events: FlatEvents,
    websocket_enabled: FlatEnabled,
    websocket_events: FlatEvents
  },
  {
    description: "Evolution API's other fields are accepted and ignored.",
    examples: [{ instanceName: 'sales', websocket: { enabled: true, events: ['MESSAGES_UPSERT'] } }]
  }
)

export type CreateBody = Static<typeof CreateBody>

const TOKEN_EXAMPLE = {
  instance: { instanceName: 'sales', instanceId: '7c1007dc-a116-427e-a621-60582b9b8c2b', integration: null },
  hash: '1854E337-CECF-4ECB-82CD-0508D66B64DB'
}
const NamedInstance = Type.Object({
  instanceName: Type.String(),
  instanceId: Type.String(),
  integration: Nullable(Type.String())
})
const CreatedSelection = Type.Pick(SelectionReply, ['enabled', 'events', 'filter', 'omit'])

/** The reply of `POST /instance/create`. */
export const CreateReply = Type.Object(
  {
    instance: Type.Composite([
      NamedInstance,
      Type.Object({
        status: Type.String({
          description: '`open`, `connecting` or `close`, from the log; `close` for a new instance.'
        })
      })
    ]),
    hash: Type.String({ description: 'The token. Shown only in this reply: the server keeps only its SHA-256.' }),
    sqs: CreatedSelection,
    websocket: CreatedSelection
  },
  {
    examples: [
      {
        ...TOKEN_EXAMPLE,
        instance: { ...TOKEN_EXAMPLE.instance, status: 'close' },
        sqs: { enabled: false, events: [] },
        websocket: { enabled: true, events: ['MESSAGES_UPSERT'] }
      }
    ]
  }
)

/** The body of `PUT /instance/token/:instance`. */
export const TokenBody = Type.Object(
  {
    token: Type.Optional(Token),
    keepOldForSeconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: MAX_KEEP_OLD_SECONDS,
        description:
          'Seconds for which the replaced token stays valid next to the new one; 0 if absent. Only one replaced token can stay valid: one that was replaced earlier becomes invalid now. If `token` is the current token, nothing is replaced, and this sets how long the previous token is still valid.'
      })
    )
  },
  { additionalProperties: false, examples: [{ keepOldForSeconds: 3_600 }] }
)

/** The reply of `PUT /instance/token/:instance`. */
export const TokenReply = Type.Object(
  {
    instance: NamedInstance,
    hash: CreateReply.properties.hash,
    oldValidUntil: Nullable(Type.String({ format: 'date-time' }), {
      description: 'Time until which the previous token is valid; null: it is not valid.'
    })
  },
  { examples: [{ ...TOKEN_EXAMPLE, oldValidUntil: '2026-10-04T13:00:00.000Z' }] }
)
export type TokenReply = Static<typeof TokenReply>

/** The body of `PUT /instance/silence/:instance`. */
export const SilenceBody = Type.Object({ afterMinutes: SilenceAfterMinutes }, { examples: [{ afterMinutes: 30 }] })

/** The reply of `PUT /instance/silence/:instance`. */
export const SilenceReply = Type.Object(
  { instance: NamedInstance, afterMinutes: SilenceAfterMinutes },
  { examples: [{ instance: TOKEN_EXAMPLE.instance, afterMinutes: 30 }] }
)

/** The reply of `PUT /instance/limits/:instance`. */
export const SetLimitsReply = Type.Object(
  { instance: NamedInstance, limits: LimitsReply },
  {
    examples: [
      {
        instance: TOKEN_EXAMPLE.instance,
        limits: { eventsPerSecond: 100, bytesPerSecond: 1_048_576, sockets: null, retainedBytes: null }
      }
    ]
  }
)
export type SetLimitsReply = Static<typeof SetLimitsReply>

/** The reply of `DELETE /instance/delete/:instance`, as Evolution API writes it. */
export const DeleteReply = Type.Object(
  {
    status: Type.Literal('SUCCESS'),
    error: Type.Literal(false),
    response: Type.Object({ message: Type.String() })
  },
  { examples: [{ status: 'SUCCESS', error: false, response: { message: 'Instance deleted' } }] }
)
