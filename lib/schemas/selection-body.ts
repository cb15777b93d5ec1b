import { Type, type Static, type TSchema } from '@sinclair/typebox'
import type { SelectionRequest } from '../instances/selections.ts'
import type { TransportName } from '../instances/instance.ts'

const EXAMPLE = { enabled: true, events: ['MESSAGES_UPSERT'] }

export const SelectionBody = Type.Object(
  {
    enabled: Type.Boolean(),
    events: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
        maxItems: 500,
        description: 'Event keys. Empty or absent with `enabled: true`: all events.'
      })
    )
  },
  { examples: [EXAMPLE] }
)
export type SelectionBody = Static<typeof SelectionBody>

/**
 * A selection, flat or inside a member named for its transport. Written as if/then/else, so that faults are told of
 * the form that was meant.
 */
export function setBody<T extends TransportName>(transport: T) {
  const nested = Type.Object({ [transport]: SelectionBody } as Record<T, typeof SelectionBody>)
  return Type.Unsafe<SelectionBody | { [K in T]: SelectionBody }>({
    type: 'object',
    if: { required: [transport] },
    then: nested,
    else: SelectionBody as TSchema,
    examples: [{ [transport]: EXAMPLE }, EXAMPLE]
  })
}

/** The selection of either form, and how faults call its list. */
export function unwrap<T extends TransportName>(
  body: SelectionBody | { [K in T]: SelectionBody },
  transport: T
): { request: SelectionRequest; field: string } {
  if (transport in body)
    return { request: (body as { [K in T]: SelectionBody })[transport], field: `${transport}.events` }
  return { request: body as SelectionBody, field: 'events' }
}
