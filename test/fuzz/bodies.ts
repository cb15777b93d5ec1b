import * as fc from 'fast-check'
import { type Bomb, bomb, jsonText, noJson } from './json-texts.ts'

const EVENTS = ['call', 'call', 'call', 'call', 'messages.upsert', 'CALL', 'no.such', '__proto__', 'creds.update', '']

const member = fc.tuple(
  fc.constantFrom(
    'event',
    'id',
    'sender',
    'serverUrl',
    'dateTime',
    'transports',
    'extra',
    'apikey',
    'traceparent',
    'x'
  ),
  jsonText
)

/** An event of which some members may be invalid. */
const eventText = fc
  .tuple(
    fc.constantFrom(...EVENTS),
    jsonText,
    fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(member, { maxLength: 3 }) })
  )
  .map(
    ([event, data, others]) =>
      `{"event":${JSON.stringify(event)},"data":${data}${others.map(([key, value]) => `,"${key}":${value}`).join('')}}`
  )
const webhookText = fc
  .tuple(
    fc.constantFrom(...EVENTS),
    fc.constantFrom('"other"', '"other"', '"third"', '"third"', '"a\\u0000b"', '1', '""'),
    jsonText
  )
  .map(
    ([event, instance, data]) =>
      `{"event":${JSON.stringify(event)},"instance":${instance},"data":${data},"destination":1}`
  )
const wahaText = fc
  .tuple(
    fc.constantFrom('message', 'message', 'presence.update', 'no.such', '__proto__', ''),
    fc.constantFrom('"other"', '"third"', '"a\\u0000b"', '1', '""'),
    fc.constantFrom('1763733600000', '1763733600000', '-1', '253402300800000', '1e300', '"now"'),
    jsonText,
    jsonText
  )
  .map(
    ([event, session, timestamp, payload, me]) =>
      `{"id":"evt_1","timestamp":${timestamp},"event":${JSON.stringify(event)},"session":${session},"payload":${payload},"me":${me}}`
  )
const evolutionGoText = fc
  .tuple(
    fc.constantFrom('Message', 'Message', 'Connected', 'no.such', '__proto__', ''),
    fc.constantFrom('"other"', '"third"', '"a\\u0000b"', '1', '""'),
    jsonText,
    fc.constantFrom('"token"', 'null', '{}')
  )
  .map(
    ([event, name, data, token]) =>
      `{"event":${JSON.stringify(event)},"instanceName":${name},"data":${data},"instanceToken":${token}}`
  )
const selection = fc
  .tuple(
    fc.constantFrom('true', 'false', '"true"', '1'),
    fc.constantFrom('["CALL"]', '["call"]', '["NO_SUCH"]', '[]', '{}', 'null', '[1]')
  )
  .map(([enabled, events]) => `{"enabled":${enabled},"events":${events}}`)
const setText = fc.oneof(
  selection,
  selection.map((inner) => `{"sqs":${inner}}`),
  selection.map((inner) => `{"websocket":${inner}}`)
)
const createText = fc
  .tuple(fc.constantFrom('"other"', '"third"', '"a\\u0000b"', '"a/b"', '{}', '""'), selection, jsonText)
  .map(([name, chosen, other]) => `{"instanceName":${name},"websocket":${chosen},"integration":${other}}`)

/** A body for the route with some invalid details, or any other JSON. */
export function bodyFor(route: string, maxBytes: number): fc.Arbitrary<string | Bomb | undefined> {
  const events = fc.array(eventText, { maxLength: 20 }).map((texts) => `[${texts.join()}]`)
  const fitting = route.includes('/events')
    ? fc.oneof(eventText, events)
    : route.includes('/webhook/waha')
      ? wahaText
      : route.includes('/webhook/evolution-go')
        ? evolutionGoText
        : route.includes('/webhook')
          ? webhookText
          : route.includes('/set/')
            ? setText
            : createText
  return fc.oneof(
    { weight: 8, arbitrary: fitting },
    { weight: 2, arbitrary: bomb(maxBytes) },
    { weight: 1, arbitrary: jsonText },
    { weight: 1, arbitrary: fc.oneof(eventText, webhookText, setText, createText, noJson, fc.constant(undefined)) }
  )
}
