import { isOriginText } from '../events/origin-text.ts'
import { RESERVED_MEMBERS, type InstanceEventInput } from '../schemas/event-input.ts'
import { type Hub, hubEventName } from './hub.ts'

/** Converts a webhook body of a hub, already validated, to an event. */
export function hubEvent(hub: Hub, body: Readonly<Record<string, unknown>>): InstanceEventInput {
  const { account: accountMember, ...read } = hub.members
  const { instance, event, data, id, time, apikey } = read
  // `id` of messages is the event's.
  const taken = new Set<string>([...Object.values(read), ...RESERVED_MEMBERS])
  const extra = Object.fromEntries(Object.entries(body).filter(([member]) => !taken.has(member)))
  const account = accountMember === undefined ? undefined : (body[accountMember] as { id?: unknown } | null | undefined)
  return {
    instance: body[instance] as string,
    event: hubEventName(hub, body[event] as string),
    data: body[data] ?? null,
    ...(id !== undefined && { id: body[id] as string }),
    ...(time !== undefined && { dateTime: new Date(body[time] as number).toISOString() }),
    ...(isOriginText(account?.id) && { sender: account.id }),
    ...(apikey !== undefined && isOriginText(body[apikey]) && { apikey: body[apikey] }),
    ...(Object.keys(extra).length > 0 && { extra })
  }
}
