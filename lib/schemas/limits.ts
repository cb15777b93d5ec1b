import { type Static, Type } from '@sinclair/typebox'
import type { InstanceLimits } from '../instances/limits.ts'
import { Nullable } from './nullable.ts'

/** 1 TiB. */
const MAX_RETAINED_BYTES = 1_099_511_627_776

const limit = (description: string, maximum = 1_000_000_000) =>
  Nullable(Type.Integer({ minimum: 0, maximum }), {
    description: `${description} 0: unlimited, null: the server's value.`
  })

/** The limits of an instance. */
export const LimitsReply = Type.Object({
  eventsPerSecond: limit('Events that it may post in a second on each node.'),
  bytesPerSecond: limit('Bytes of these events in a second.'),
  sockets: limit('Sockets that its token may have open on each node.'),
  retainedBytes: limit(
    'Bytes of the log that its events may take: from so many on, further ones are refused.',
    MAX_RETAINED_BYTES
  )
})

/** The body of `PUT /instance/limits/:instance`. */
export const LimitsBody = Type.Partial(LimitsReply, {
  additionalProperties: false,
  description: "Replaces all limits. One that is absent is the server's value.",
  examples: [{ eventsPerSecond: 100, bytesPerSecond: 1_048_576, sockets: 50, retainedBytes: 1_073_741_824 }]
})
export type LimitsBody = Static<typeof LimitsBody>

/** Returns the limits of a body. */
export function limitsOf({
  eventsPerSecond = null,
  bytesPerSecond = null,
  sockets = null,
  retainedBytes = null
}: LimitsBody): InstanceLimits {
  return { eventsPerSecond, bytesPerSecond, sockets, retainedBytes }
}
