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
  bytesPerSecond: limit('Bytes of events that it may post in a second on each node.'),
  sockets: limit('Sockets that its token may have open on each node.'),
  retainedBytes: limit(
    'Bytes that its events may take in the log. Once they take as many, further events are refused.',
    MAX_RETAINED_BYTES
  )
})

/** The body of `PUT /instance/limits/:instance`. */
export const LimitsBody = Type.Partial(LimitsReply, {
  additionalProperties: false,
  description: "Replaces all limits: one that is absent is reset to the server's value.",
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
