import { derivedId, derivedIdInSlices, LARGE_DATA } from '../lib/events/derived-id.ts'
import type { BodyIntake } from '../lib/http/body-intake.ts'
import { toJson } from '../lib/json/to-json.ts'
import type { InstanceEventInput } from '../lib/schemas/event-input.ts'

/** An event of a hub, under its name on the wire. */
export type HubEvent = Pick<InstanceEventInput, 'instance' | 'event' | 'data' | 'id' | 'dateTime'>

/** Derives the id of an event that has none. Resolves with `undefined` if it has no time, or will be refused. */
export async function deriveId(
  { instance, event, data, dateTime }: HubEvent,
  intake: BodyIntake
): Promise<string | undefined> {
  if (dateTime === undefined) return undefined
  const written = toJson(data)
  if ('fault' in written) return undefined
  const source = { instance, event, dateTime, data: written.json }
  return written.json.length < LARGE_DATA
    ? derivedId(source)
    : intake.inTurn({ line: instance, size: written.json.length }, () => derivedIdInSlices(source))
}
