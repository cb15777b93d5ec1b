import { Type, type Static } from '@sinclair/typebox'
import { Nullable } from './nullable.ts'

export const NodeId = Type.String({
  description: 'Identifies this process: the value changes with each restart, and differs on every node.'
})

export const SERVER_EXAMPLE = {
  version: '1.0.0',
  node: '5b0e5a57-2d0e-4f4c-9d4e-6f4f0a3c7b11',
  identity: { kind: 'global' },
  environment: 'production',
  store: 'postgresql',
  sqs: { queueType: 'fifo', global: null, region: 'sa-east-1', endpoint: null, emulated: false },
  websocket: { path: '/socket.io', globalEvents: false },
  events: [{ name: 'messages.upsert', key: 'MESSAGES_UPSERT', inAll: true, hub: 'evolution' }],
  limits: { eventsPerSecond: 0, bytesPerSecond: 0, sockets: 10_000, retainedBytes: 0 },
  operator: null
}

const Events = Type.Array(
  Type.Object({
    name: Type.String(),
    key: Type.String(),
    inAll: Type.Boolean(),
    hub: Nullable(Type.String({ description: 'The hub that sends it; `null` for an event that this server adds.' }))
  })
)

/** The reply of `GET /server`. */
export const ServerReply = Type.Object(
  {
    version: Type.String(),
    node: NodeId,
    identity: Type.Object(
      { kind: Type.Union([Type.Literal('global'), Type.Literal('instance')]), instance: Type.Optional(Type.String()) },
      { description: 'The owner of the key that the request carried.' }
    ),
    environment: Nullable(Type.String(), { description: 'Name of the environment, such as `production`; null: none.' }),
    store: Type.String({ description: '`sqlite` or `postgresql`.' }),
    sqs: Nullable(
      Type.Object({
        queueType: Type.Union([Type.Literal('fifo'), Type.Literal('standard')]),
        global: Nullable(
          Type.Object({
            prefix: Type.String(),
            singleQueue: Type.Boolean(),
            events: Type.Array(Type.String()),
            unlessOwn: Type.Boolean({
              description: 'True if an event that goes to a queue of its instance is left out of the shared queues.'
            })
          })
        ),
        region: Nullable(Type.String(), { description: 'AWS region; null: not known.' }),
        endpoint: Nullable(Type.String(), {
          description: 'Host and port of SQS, if it is not that of AWS in the region.'
        }),
        emulated: Type.Boolean({ description: 'True if the endpoint is not that of AWS: an emulator answers there.' })
      })
    ),
    websocket: Nullable(Type.Object({ path: Type.String(), globalEvents: Type.Boolean() })),
    events: Events,
    limits: Type.Object(
      {
        eventsPerSecond: Type.Integer(),
        bytesPerSecond: Type.Integer(),
        sockets: Nullable(Type.Integer({ description: '`null` without a WebSocket transport.' })),
        retainedBytes: Type.Integer()
      },
      { description: 'The limits of instances without their own; 0: unlimited.' }
    ),
    operator: Nullable(Type.Object({ instance: Type.String(), events: Events }), {
      description:
        'The instance that is reserved for the operator, and its events; null if there is none, or if the key is the token of another instance.'
    })
  },
  { examples: [SERVER_EXAMPLE] }
)
export type ServerReply = Static<typeof ServerReply>
