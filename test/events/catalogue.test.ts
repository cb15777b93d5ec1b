import { readFileSync } from 'node:fs'
import t from 'tap'
import { EVOLUTION_EVENTS, EventCatalogue, type CatalogueOptions } from '../../lib/events/catalogue.ts'
import { eventKey } from '../../lib/events/event-key.ts'
import type { InstanceEventsError } from '../../lib/error-class.ts'

const catalogue = new EventCatalogue()

/** The error that a call throws; fails if it does not throw. */
function thrown(call: () => unknown): InstanceEventsError {
  try {
    call()
  } catch (error) {
    return error as InstanceEventsError
  }
  throw new Error('nothing was thrown')
}

t.test('the catalogue has the events of the recorded webhooks, and the one that hubs do not send', async (t) => {
  const url = new URL('../fixtures/evolution-webhooks.json', import.meta.url)
  const recorded = (JSON.parse(readFileSync(url, 'utf8')) as { event: string }[]).map(({ event }) => event)
  t.strictSame([...new Set([...recorded, 'creds.update'])].sort(), EVOLUTION_EVENTS.toSorted())
  for (const name of EVOLUTION_EVENTS) t.equal(catalogue.get(name).name, name)
})

t.test('a key is the name in upper case with underscores for dots and dashes', async (t) => {
  t.equal(eventKey('group-participants.update'), 'GROUP_PARTICIPANTS_UPDATE')
  t.equal(eventKey('typebot.change-status'), 'TYPEBOT_CHANGE_STATUS')
  t.equal(eventKey('call'), 'CALL')
  const keys = catalogue.events.map(({ key }) => key)
  t.equal(new Set(keys).size, EVOLUTION_EVENTS.length)
})

t.test('an event is found by name, by key and by the form of webhook paths', async (t) => {
  for (const form of ['messaging-history.set', 'MESSAGING_HISTORY_SET', 'messaging-history-set']) {
    t.match(catalogue.find(form), { name: 'messaging-history.set', key: 'MESSAGING_HISTORY_SET' }, form)
  }
  for (const form of ['', 'messages', 'messages.upsert ', 'constructor', '__proto__']) {
    t.equal(catalogue.find(form), undefined, form)
  }
})

t.test('"all" selects every event but that with session secrets, which has to be named', async (t) => {
  const keys = EVOLUTION_EVENTS.map(eventKey)
  t.strictSame(
    catalogue.all,
    keys.filter((key) => key !== 'CREDS_UPDATE')
  )
  t.match(catalogue.get('creds.update'), { inAll: false })
  t.strictSame(catalogue.resolve(['CREDS_UPDATE']).keys, ['CREDS_UPDATE'])
})

t.test('a list is resolved in its order, without repeats, in any case or form', async (t) => {
  t.strictSame(catalogue.resolve(['QRCODE_UPDATED', 'call', 'CALL', 'qrcode.updated', 'Messages-Upsert']), {
    keys: ['QRCODE_UPDATED', 'CALL', 'MESSAGES_UPSERT'],
    notes: []
  })
  t.strictSame(catalogue.resolve([]), { keys: [], notes: [] })
})

t.test('aliases of older hubs are accepted, and events that no longer exist are left out with a note', async (t) => {
  t.strictSame(catalogue.resolve(['GROUP_UPDATE', 'GROUPS_UPDATE']), { keys: ['GROUPS_UPDATE'], notes: [] })
  const { keys, notes } = catalogue.resolve(['NEW_JWT_TOKEN', 'CALL', 'NEW_TOKEN', 'CHAMA_AI_ACTION'])
  t.strictSame(keys, ['CALL'])
  t.strictSame(
    notes.map((note) => note.split(' ')[0]),
    ['NEW_JWT_TOKEN', 'NEW_TOKEN', 'CHAMA_AI_ACTION']
  )
})

t.test('an unknown event is refused with the closest ones', async (t) => {
  const error = thrown(() => catalogue.get('message.upsert'))
  t.match(error, { code: 'IEV_EVENT_UNKNOWN', statusCode: 400 })
  t.match(error.message, /^event "message\.upsert" is not a known event; the closest are messages\.upsert, /)
  t.equal(thrown(() => catalogue.get('x'.repeat(10_000))).message.includes('x'.repeat(81)), false, 'shown in part')
})

t.test('every unknown key of a list is named with its place', async (t) => {
  const { messages = [], message } = thrown(() => catalogue.resolve(['CAL', 'CALL', 'MESSAGES_UPSET'], 'sqs.events'))
  t.equal(messages.length, 2)
  t.match(messages[0], /^sqs\.events\[0\] "CAL" is not a known event; the closest are CALL, /)
  t.match(messages[1], /^sqs\.events\[2\] "MESSAGES_UPSET" is not a known event; the closest are MESSAGES_UPSERT, /)
  t.equal(message, messages[0])
})

t.test('a host adds events of its own', async (t) => {
  const extended = new EventCatalogue({
    names: ['invoice.paid', 'session.secrets'],
    explicitOnly: ['session.secrets'],
    aliases: { INVOICE_PAYED: 'INVOICE_PAID', GROUP_UPDATE: null }
  })
  t.equal(extended.events.length, EVOLUTION_EVENTS.length + 2)
  t.ok(extended.all.includes('INVOICE_PAID'))
  t.notOk(extended.all.includes('SESSION_SECRETS'))
  t.notOk(extended.all.includes('CREDS_UPDATE'))
  const { keys, notes } = extended.resolve(['INVOICE_PAYED', 'GROUP_UPDATE'])
  t.strictSame(keys, ['INVOICE_PAID'])
  t.equal(notes.length, 1, 'its aliases replace ours')
})

t.test('a server knows the events of its hubs only, and aliases of Evolution API with those', async (t) => {
  const waha = new EventCatalogue({ hubs: ['waha'], explicitOnly: ['waha.call.received'] })
  t.match(waha.events[1], { name: 'waha.message', key: 'WAHA_MESSAGE', inAll: true, hub: 'waha' })
  t.strictSame(
    waha.events.filter(({ inAll }) => !inAll).map(({ key }) => key),
    ['WAHA_STATE_CHANGE', 'WAHA_CALL_RECEIVED', 'WAHA_ENGINE_EVENT']
  )
  t.throws(() => waha.resolve(['GROUP_UPDATE']), { code: 'IEV_EVENT_UNKNOWN' })
  t.match(new EventCatalogue({ names: ['invoice.paid'] }).get('invoice.paid'), { hub: null })
  t.strictSame(new EventCatalogue({ hubs: ['waha'], replace: true }).events, [])
})

t.test('a host that replaces the events replaces their aliases and exceptions too', async (t) => {
  const replaced = new EventCatalogue({ names: ['invoice.paid', 'creds.update', 'new.token'], replace: true })
  t.strictSame(replaced.all, ['INVOICE_PAID', 'CREDS_UPDATE', 'NEW_TOKEN'])
  t.equal(replaced.find('messages.upsert'), undefined)
  t.strictSame(replaced.resolve(['NEW_TOKEN']), { keys: ['NEW_TOKEN'], notes: [] })
  t.throws(() => replaced.resolve(['GROUP_UPDATE']), { code: 'IEV_EVENT_UNKNOWN' })
})

t.test('a catalogue that cannot work is refused with the fault', async (t) => {
  const faults: [CatalogueOptions, RegExp][] = [
    [{ hubs: ['wahaa' as 'waha'] }, /^events\.hubs: "wahaa" is not a hub; the hubs are evolution, evolution-go, waha$/],
    [{ hubs: ['waha'], names: ['waha.message'] }, /"waha\.message" has the same key WAHA_MESSAGE as "waha\.message"/],
    [{ names: ['Invoice.Paid'] }, /"Invoice\.Paid" is not an event name/],
    [{ names: ['invoice..paid'] }, /"invoice\.\.paid" is not an event name/],
    [{ names: ['.paid'] }, /is not an event name/],
    [{ names: [''] }, /is not an event name/],
    [{ names: ['fatura.paga!'] }, /is not an event name/],
    [{ names: ['x'.repeat(65)] }, /at most 64/],
    [{ names: ['invoice.paid', 'invoice-paid'] }, /"invoice-paid" has the same key INVOICE_PAID as "invoice\.paid"/],
    ...['connect', 'connect_error', 'disconnect', 'disconnecting', 'resumed'].map(
      (name): [CatalogueOptions, RegExp] => [
        { names: [name] },
        new RegExp(`"${name}" is reserved for messages about the connection`)
      ]
    ),
    [{ names: ['messages-upsert'] }, /the same key MESSAGES_UPSERT as "messages\.upsert"/],
    [{ names: [], aliases: { PAID: 'INVOICE_PAID' } }, /PAID stands for INVOICE_PAID, which is not an event key/],
    [{ names: ['a'], replace: true, aliases: { B: 'CALL' } }, /B stands for CALL/]
  ]
  for (const [options, message] of faults) {
    t.throws(() => new EventCatalogue(options), { code: 'IEV_OPTIONS_INVALID', message }, JSON.stringify(options))
  }
  t.equal(new EventCatalogue({ names: ['x'.repeat(64)] }).find('x'.repeat(64))?.inAll, true)
})
