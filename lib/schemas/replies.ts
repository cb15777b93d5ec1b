import { Type, type Static } from '@sinclair/typebox'
import type { Instance, Selection } from '../store/types.ts'
import { Nullable } from './nullable.ts'

export { Nullable }

/** Evolution API's error shape, plus `code`. */
export const ErrorReply = Type.Object(
  {
    status: Type.Integer(),
    error: Type.String(),
    code: Type.String(),
    response: Type.Object({ message: Type.Array(Type.String()) })
  },
  {
    examples: [
      {
        status: 404,
        error: 'Not Found',
        code: 'IEV_INSTANCE_NOT_FOUND',
        response: { message: ['The "x" instance does not exist'] }
      }
    ]
  }
)

/** The error replies of a route, by status. */
export function errorReplies<const S extends readonly number[]>(...statuses: S): Record<S[number], typeof ErrorReply> {
  return Object.fromEntries(statuses.map((status) => [status, ErrorReply])) as Record<S[number], typeof ErrorReply>
}

export const InstanceParams = Type.Object({
  instance: Type.String({ minLength: 1, maxLength: 100, description: 'Instance name, percent-encoded.' })
})

export const SelectionReply = Type.Object({
  id: Type.String(),
  enabled: Type.Boolean(),
  events: Type.Array(Type.String()),
  createdAt: Type.String({ format: 'date-time' }),
  updatedAt: Type.String({ format: 'date-time' }),
  instanceId: Type.String()
})
export type SelectionReply = Static<typeof SelectionReply>

export const InstanceQueueReply = Type.Object({ event: Type.String(), name: Type.String(), url: Type.String() })

export const SetReply = Type.Composite([
  SelectionReply,
  Type.Object({
    queues: Type.Optional(Type.Array(InstanceQueueReply)),
    notes: Type.Optional(Type.Array(Type.String(), { description: 'What was left out of the list, and why.' }))
  })
])

export const EmitReply = Type.Object({
  id: Type.String(),
  offset: Type.Integer({ description: 'Position in the log; 0 if the event went nowhere and is not logged.' }),
  duplicate: Type.Boolean()
})

export const InstanceReply = Type.Object({
  id: Type.String(),
  name: Type.String(),
  integration: Nullable(Type.String()),
  createdAt: Type.String({ format: 'date-time' }),
  updatedAt: Type.String({ format: 'date-time' }),
  sqs: Nullable(SelectionReply),
  websocket: Nullable(SelectionReply)
})

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
