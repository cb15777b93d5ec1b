import t from 'tap'
import { groupEvents } from '../../console/event-groups.ts'
import { EVENT_PRESETS, presetKeys } from '../../console/event-presets.ts'
import { EVOLUTION_EVENTS, EventCatalogue } from '../../lib/events/catalogue.ts'

t.test('events are grouped by what they are about, and by hub where there are several', async (t) => {
  const { events } = new EventCatalogue({ hubs: ['evolution'] })
  const groups = groupEvents(events, 'Own')
  t.same(
    groups.map(({ family, hub }) => [family, hub]),
    ['messages', 'chats', 'contacts', 'groups', 'presence', 'calls', 'connection', 'labels', 'other'].map((family) => [
      family,
      undefined
    ])
  )
  t.same(groups.flatMap((group) => group.events.map(({ name }) => name)).sort(), [...EVOLUTION_EVENTS].sort())

  const two = groupEvents(new EventCatalogue({ hubs: ['evolution', 'waha'] }).events, 'Own')
  t.same(
    two.filter(({ family }) => family === 'messages').map(({ hub }) => hub),
    ['Evolution API', 'WAHA']
  )
})

t.test('a preset has only keys that the server has', async (t) => {
  const { events } = new EventCatalogue({ hubs: ['evolution'] })
  for (const preset of EVENT_PRESETS) {
    const keys = presetKeys(preset, events)
    t.ok(keys.length > 1 && keys.every((key) => events.some((event) => event.key === key)), preset)
    t.same(presetKeys(preset, []), [])
  }
})
