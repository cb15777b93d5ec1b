import { Type, type Static } from '@sinclair/typebox'
import type { InstanceActivity } from '../activity/silences.ts'
import { Nullable } from './nullable.ts'

const Count = Type.Integer({ minimum: 0 })

export const ACTIVITY_EXAMPLE = {
  lastEventAt: '2026-01-31T11:59:58.250Z',
  lastEvent: 'messages.upsert',
  connectionState: 'open',
  isSilent: false,
  events: { minute: 3, hour: 140, day: 2_711 }
}

/** The activity of an instance: what it has sent, and whether it is silent. */
export const ActivityReply = Type.Object(
  {
    lastEventAt: Nullable(Type.String({ format: 'date-time' }), { description: 'Null: no event is known.' }),
    lastEvent: Nullable(Type.String()),
    connectionState: Nullable(Type.String(), {
      description: '`open`, `connecting` or `close`, of the last `connection.update`; null: none is known.'
    }),
    isSilent: Type.Boolean({
      description: 'True if the instance should send events and has sent none for longer than its limit.'
    }),
    events: Type.Object(
      { minute: Count, hour: Count, day: Count },
      { description: 'Number of events in the last minute, hour and day.' }
    )
  },
  { examples: [ACTIVITY_EXAMPLE] }
)
export type ActivityReply = Static<typeof ActivityReply>

/** Returns the reply that describes the activity of an instance. */
export function activityReply(activity: InstanceActivity): ActivityReply {
  const { lastEventAt, lastEvent, connectionState, isSilent, events } = activity
  return {
    lastEventAt: lastEventAt?.toISOString() ?? null,
    lastEvent,
    connectionState,
    isSilent,
    events: { ...events }
  }
}
