import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import t from 'tap'
import { EVOLUTION_EVENTS, EventCatalogue } from '../../lib/events/catalogue.ts'
import { eventKey } from '../../lib/events/event-key.ts'
import { DESCRIBED_HUBS } from '../../lib/hubs/described-hubs.ts'
import { HUB_NAMES } from '../../lib/hubs/hub.ts'
import { hubWebhookBody } from '../../lib/schemas/hub-webhook.ts'

const fixtures = (hub: string) =>
  JSON.parse(readFileSync(new URL(`../fixtures/${hub}-webhooks.json`, import.meta.url), 'utf8')) as { event: string }[]

t.test('each hub but Evolution API is described', async (t) => {
  t.strictSame(['evolution', ...DESCRIBED_HUBS.map(({ name }) => name)].sort(), [...HUB_NAMES].sort())
})

for (const hub of DESCRIBED_HUBS) {
  t.test(
    `the fixtures of ${hub.title} have each of its events, and pass its schema, as does its example`,
    async (t) => {
      const bodies = fixtures(hub.name)
      t.strictSame([...new Set(bodies.map(({ event }) => event))].sort(), Object.keys(hub.events).sort())
      const check = new Ajv({ strict: false }).compile(hubWebhookBody(hub))
      t.strictSame(
        [hub.example, ...bodies].filter((body) => !check(body)),
        []
      )
    }
  )
}

t.test('no two events of all hubs have one key, and names begin with their hub', async (t) => {
  const { events } = new EventCatalogue({ hubs: HUB_NAMES })
  const named = DESCRIBED_HUBS.flatMap(({ name, events }) =>
    Object.keys(events).map((event) => [name, `${name}.${event}`])
  )
  t.strictSame(
    events.map(({ hub, name }) => [hub, name]),
    [...EVOLUTION_EVENTS.map((name) => ['evolution', name]), ...named]
  )
  t.strictSame(
    events.map(({ key }) => key),
    events.map(({ name }) => eventKey(name))
  )
})
