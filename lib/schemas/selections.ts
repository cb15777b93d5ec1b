import { Type, type Static, type TSchema } from '@sinclair/typebox'
import type { EventCatalogue } from '../events/catalogue.ts'
import type { SelectionRequest } from '../instances/selections.ts'
import type { Instance, Selection, TransportName } from '../instances/instance.ts'
import { Filter } from './filter-policy.ts'
import { Nullable } from './nullable.ts'
import { AlsoSentTo, InstanceQueueReply, QUEUE_EXAMPLE } from './queues.ts'

const Omit = Type.Array(Type.String(), {
  description: 'Members of `data` that are left out.',
  examples: [['data.message.base64']]
})

const BODY_EXAMPLE = { enabled: true, events: ['MESSAGES_UPSERT'] }

export const SELECTION_EXAMPLE = {
  id: '47f9ca3f-ed51-4a1a-91c4-4030755ffa2b',
  enabled: true,
  events: ['MESSAGES_UPSERT'],
  createdAt: '2026-01-31T12:00:00.000Z',
  updatedAt: '2026-01-31T12:00:00.000Z',
  instanceId: '7c1007dc-a116-427e-a621-60582b9b8c2b'
}

/** A selection as requests carry it. */
export const SelectionBody = Type.Object(
  {
    enabled: Type.Boolean(),
    events: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
        maxItems: 500,
        description: 'Event keys. With `enabled: true`, an empty or absent list selects all events.'
      })
    ),
    filter: Type.Optional(Nullable(Filter, { description: 'null removes the stored filter; if absent, it is kept.' })),
    omit: Type.Optional(Nullable(Omit, { description: 'null removes the stored paths; if absent, they are kept.' }))
  },
  { examples: [BODY_EXAMPLE] }
)
export type SelectionBody = Static<typeof SelectionBody>

/**
 * A selection, flat or inside a member named for its transport. As if/then/else, so that errors describe the form that
 * the caller used.
 */
export function setBody<T extends TransportName>(transport: T) {
  const nested = Type.Object({ [transport]: SelectionBody } as Record<T, typeof SelectionBody>)
  return Type.Unsafe<SelectionBody | { [K in T]: SelectionBody }>({
    type: 'object',
    if: { required: [transport] },
    then: nested,
    else: SelectionBody as TSchema,
    examples: [{ [transport]: BODY_EXAMPLE }, BODY_EXAMPLE]
  })
}

/** Returns the selection in either form, and the prefix of its members' names in error messages. */
export function unwrap<T extends TransportName>(
  body: SelectionBody | { [K in T]: SelectionBody },
  transport: T
): { request: SelectionRequest; prefix: string } {
  if (transport in body) return { request: (body as { [K in T]: SelectionBody })[transport], prefix: `${transport}.` }
  return { request: body as SelectionBody, prefix: '' }
}

/** A stored selection. */
export const SelectionReply = Type.Object(
  {
    id: Type.String(),
    enabled: Type.Boolean(),
    events: Type.Array(Type.String()),
    filter: Type.Optional(Filter),
    omit: Type.Optional(Omit),
    createdAt: Type.String({ format: 'date-time' }),
    updatedAt: Type.String({ format: 'date-time' }),
    instanceId: Type.String()
  },
  { examples: [SELECTION_EXAMPLE] }
)
export type SelectionReply = Static<typeof SelectionReply>

/** The selection of a transport in the description of an instance. One that was never stored is off, and has only two members. */
export const SelectionSummary = Type.Composite([
  Type.Pick(SelectionReply, ['enabled', 'events']),
  Type.Partial(Type.Omit(SelectionReply, ['enabled', 'events']))
])
export type SelectionSummary = Static<typeof SelectionSummary>

/** The reply of `GET /<transport>/find/:instance`. */
export const FindReply = Nullable(SelectionReply, { examples: SelectionReply.examples })
export type FindReply = Static<typeof FindReply>

/** The reply of `POST /<transport>/set/:instance`. */
export const SetReply = Type.Composite([
  SelectionReply,
  Type.Object({
    queues: Type.Optional(Type.Array(InstanceQueueReply)),
    alsoSentTo: Type.Optional(AlsoSentTo),
    notes: Type.Optional(Type.Array(Type.String(), { description: 'Keys that were left out of the list, and why.' }))
  })
])
export type SetReply = Static<typeof SetReply>

/** The same schema with the example of one transport: only SQS has queues. */
export function setReply(transport: TransportName): typeof SetReply {
  return { ...SetReply, examples: [{ ...SELECTION_EXAMPLE, ...(transport === 'sqs' && { queues: [QUEUE_EXAMPLE] }) }] }
}

export function selectionReply(
  selection: Selection,
  { instance: { id: instanceId }, catalogue }: { instance: Instance; catalogue: EventCatalogue }
): SelectionReply {
  const { id, enabled, events, filter, omit, createdAt, updatedAt } = selection
  return {
    id,
    enabled,
    events: [...catalogue.expand(events)],
    ...(filter && { filter }),
    ...(omit && { omit: [...omit] }),
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    instanceId
  }
}
