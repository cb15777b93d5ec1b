import { Type, type Static } from '@sinclair/typebox'
import type { Instance, Selection, TransportName } from '../instances/instance.ts'
import { Nullable } from './nullable.ts'

export { errorReplies } from './error-replies.ts'
export { Nullable }

export const InstanceParams = Type.Object({
  instance: Type.String({
    minLength: 1,
    maxLength: 100,
    description: 'Instance name, percent-encoded.',
    examples: ['sales']
  })
})

const selection = {
  id: '47f9ca3f-ed51-4a1a-91c4-4030755ffa2b',
  enabled: true,
  events: ['MESSAGES_UPSERT'],
  createdAt: '2026-01-31T12:00:00.000Z',
  updatedAt: '2026-01-31T12:00:00.000Z',
  instanceId: '7c1007dc-a116-427e-a621-60582b9b8c2b'
}

export const SelectionReply = Type.Object(
  {
    id: Type.String(),
    enabled: Type.Boolean(),
    events: Type.Array(Type.String()),
    createdAt: Type.String({ format: 'date-time' }),
    updatedAt: Type.String({ format: 'date-time' }),
    instanceId: Type.String()
  },
  { examples: [selection] }
)
export type SelectionReply = Static<typeof SelectionReply>

export const QUEUE_EXAMPLE = {
  event: 'MESSAGES_UPSERT',
  name: 'sales_messages_upsert.fifo',
  url: 'https://sqs.us-east-1.amazonaws.com/123456789012/sales_messages_upsert.fifo'
}

export const InstanceQueueReply = Type.Object({ event: Type.String(), name: Type.String(), url: Type.String() })

export const SetReply = Type.Composite([
  SelectionReply,
  Type.Object({
    queues: Type.Optional(Type.Array(InstanceQueueReply)),
    notes: Type.Optional(Type.Array(Type.String(), { description: 'What was left out of the list, and why.' }))
  })
])

/** What `set` of a transport answers: only SQS has queues. */
export function setReply(transport: TransportName): typeof SetReply {
  return { ...SetReply, examples: [{ ...selection, ...(transport === 'sqs' && { queues: [QUEUE_EXAMPLE] }) }] }
}

export const EmitReply = Type.Object(
  {
    id: Type.String(),
    offset: Type.Integer({ description: 'Position in the log; 0 if the event went nowhere and is not logged.' }),
    duplicate: Type.Boolean()
  },
  { examples: [{ id: '01a1ffe7-6cd7-7168-85d7-1483718c1415', offset: 4711, duplicate: false }] }
)

export const InstanceReply = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    integration: Nullable(Type.String()),
    createdAt: Type.String({ format: 'date-time' }),
    updatedAt: Type.String({ format: 'date-time' }),
    sqs: Nullable(SelectionReply),
    websocket: Nullable(SelectionReply)
  },
  {
    examples: [
      {
        id: selection.instanceId,
        name: 'sales',
        integration: null,
        createdAt: selection.createdAt,
        updatedAt: selection.updatedAt,
        sqs: selection,
        websocket: null
      }
    ]
  }
)

export function selectionReply(selection: Selection, { id: instanceId }: Instance): SelectionReply {
  const { id, enabled, events, createdAt, updatedAt } = selection
  return {
    id,
    enabled,
    events: [...events],
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    instanceId
  }
}

export function instanceReply(instance: Instance): Static<typeof InstanceReply> {
  const { id, name, integration, createdAt, updatedAt, selections } = instance
  return {
    id,
    name,
    integration,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    sqs: selections.sqs ? selectionReply(selections.sqs, instance) : null,
    websocket: selections.websocket ? selectionReply(selections.websocket, instance) : null
  }
}
