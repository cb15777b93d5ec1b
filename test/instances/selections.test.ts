import t from 'tap'
import { ALL_EVENTS, type CatalogueEvent, EventCatalogue } from '../../lib/events/catalogue.ts'
import { delivers, resolveSelection, selects, type SelectionRequest } from '../../lib/instances/selections.ts'
import type { Selection } from '../../lib/instances/instance.ts'

const catalogue = new EventCatalogue()

function storedSelection(enabled: boolean, events: string[]): Selection {
  return { id: 'id', enabled, events, createdAt: new Date(), updatedAt: new Date() }
}

const call: CatalogueEvent = catalogue.get('call')

function resolved(request: SelectionRequest, stored?: Selection) {
  const { selection, notes } = resolveSelection(request, { stored, catalogue, prefix: 'sqs.' })
  return { ...selection, notes }
}

const on = storedSelection(true, ['CALL'])
const off = storedSelection(false, ['CALL'])
const offWithAll = storedSelection(false, [ALL_EVENTS])
const offWithNone = storedSelection(false, [])

t.test('a list is taken exactly, whatever was stored', async (t) => {
  for (const stored of [undefined, on, off]) {
    for (const enabled of [true, false]) {
      t.strictSame(resolved({ enabled, events: ['qrcode.updated', 'GROUP_UPDATE', 'NEW_TOKEN'] }, stored), {
        enabled,
        events: ['QRCODE_UPDATED', 'GROUPS_UPDATE'],
        notes: ['NEW_TOKEN is no longer an event of this server, and was left out']
      })
    }
  }
})

t.test('switched on without a list, a selection has the list from before it was off, else all events', async (t) => {
  t.strictSame(resolved({ enabled: true }, off).events, ['CALL'])
  t.strictSame(resolved({ enabled: true }).events, [ALL_EVENTS])
  t.strictSame(resolved({ enabled: true }, on).events, [ALL_EVENTS], 'it was on: there is nothing to restore')
  t.strictSame(resolved({ enabled: true }, offWithNone).events, [ALL_EVENTS])
  t.strictSame(resolved({ enabled: true }, offWithAll).events, [ALL_EVENTS])
})

t.test('switched on with an empty list, a selection has all events', async (t) => {
  for (const stored of [undefined, on, off]) {
    t.strictSame(resolved({ enabled: true, events: [] }, stored).events, [ALL_EVENTS])
  }
})

t.test('switched off without a list, a selection keeps the stored one', async (t) => {
  for (const stored of [on, off]) t.match(resolved({ enabled: false }, stored), { enabled: false, events: ['CALL'] })
  t.match(resolved({ enabled: false }), { enabled: false, events: [] })
})

t.test('"all" does not include the event with session secrets', async (t) => {
  const all = storedSelection(true, [...resolved({ enabled: true }).events])
  t.strictSame(
    catalogue.events.filter((event) => !selects(all, event)).map(({ name }) => name),
    ['creds.update']
  )
  t.equal(selects(all, catalogue.unlisted('messages.starred')), true, 'and it includes what the catalogue lacks')
  t.equal(selects({ ...all, enabled: false }, catalogue.unlisted('messages.starred')), false)
})

t.test('a refusal of unknown keys has the name that the caller gave to the list', async (t) => {
  t.throws(() => resolved({ enabled: false, events: ['CALL', 'CAL'] }), {
    code: 'IEV_EVENT_UNKNOWN',
    message: /^sqs\.events\[1\] "CAL"/
  })
})

t.test('a list whose keys were all left out selects nothing', async (t) => {
  t.match(resolved({ enabled: true, events: ['NEW_TOKEN'] }), { events: { length: 0 }, notes: { length: 1 } })
})

t.test('an event is selected when its key is listed and the selection is on', async (t) => {
  t.equal(selects(on, call), true)
  t.equal(selects(on, catalogue.get('qrcode.updated')), false)
  t.equal(selects(off, call), false)
  t.equal(selects(undefined, call), false)
  t.equal(selects(on, catalogue.unlisted('messages.starred')), false)
})

t.test('a filter and members to leave out stay until they are replaced or removed', async (t) => {
  const content = { filter: { a: [1] }, omit: ['data.b'] }
  const stored = { ...on, ...content }
  const requests: SelectionRequest[] = [{ enabled: true }, { enabled: false }, { enabled: true, events: ['CALL'] }]
  t.match(
    requests.map((request) => resolved(request, stored)),
    requests.map(() => content)
  )
  const other = { filter: { a: [2] }, omit: ['data.c'] }
  t.match(resolved({ enabled: true, ...other }, stored), other)
  for (const removed of [
    { filter: null, omit: null },
    { filter: null, omit: [] }
  ]) {
    t.strictSame(Object.keys(resolved({ enabled: true, ...removed }, stored)), ['enabled', 'events', 'notes'])
  }
})

t.test('faults of a filter and of paths name the member of the request', async (t) => {
  t.throws(() => resolved({ enabled: true, filter: { a: [] } }), { message: /^sqs\.filter\.a must have/ })
  t.throws(() => resolved({ enabled: true, omit: ['x'] }), { message: /^sqs\.omit\[0\] must be/ })
})

t.test('a selection delivers the events that its filter passes', async (t) => {
  const filtered = { ...on, filter: { a: [1] } }
  const matching = { data: '{"a":1}' }
  const cases = [
    [filtered, call, matching],
    [filtered, call, { data: '{"a":2}' }],
    [filtered, catalogue.get('qrcode.updated'), matching],
    [{ ...filtered, enabled: false }, call, matching],
    [on, call, { data: '{"a":2}' }],
    [undefined, call, matching]
  ] as const
  t.strictSame(
    cases.map(([selection, event, content]) => delivers(selection, event, content)),
    [true, false, false, false, true, false]
  )
})
