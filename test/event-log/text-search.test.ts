import t from 'tap'
import { eventSearch } from '../../lib/event-log/text-search.ts'
import type { StoredEvent } from '../../lib/events/event.ts'
import { newEvent } from '../support/new-event.ts'

const JID = '5511999999999@s.whatsapp.net'

/** An event with a sender and an id in its envelope, as the log has it. */
function stored(data: unknown, members: Partial<StoredEvent> = {}): StoredEvent {
  const { sender = null, id = 'id-1' } = members as { sender?: string | null; id?: string }
  const envelope = `"server_url":"https://hub.example","date_time":"2026-01-31T12:00:00.000Z","sender":${JSON.stringify(sender)},"id":${JSON.stringify(id)}`
  const json = typeof data === 'string' ? data : JSON.stringify(data)
  return { ...newEvent({ data: json, envelope, id }), offset: 1, instanceKey: 1, acceptedAt: 0, ...members }
}

const has = (text: string, event: StoredEvent) => eventSearch(text)(event)

t.test('a text is found in the data regardless of case, its escapes and its place', async (t) => {
  const event = stored({ message: { conversation: 'Disse "OLÁ" em São Paulo\nàs 10 🎉 c:\\dir' }, fromMe: true })
  for (const text of [
    'disse "olá"',
    'SÃO PAULO',
    'paulo\nàs',
    '🎉',
    'c:\\dir',
    '"fromMe":true',
    'conversation',
    '"message":{"'
  ])
    t.equal(await has(text, event), true, text)
  for (const text of ['disse \\"olá', 'nàs', 'Rio', 'fromMe:true', 'hub.example', '2026-01-31'])
    t.equal(await has(text, event), false, text)
  const escaped = stored('{"text":"\\u0053\\u00e3o \\"x\\" \\/ u00e9"}')
  for (const text of ['são', '"x" /', 'u00e9']) t.equal(await has(text, escaped), true, text)
  t.equal(await has('u0053', escaped), false, 'an escape is its character')
})

t.test('a text is found in the sender, the id and further members', async (t) => {
  const event = stored({}, { sender: JID, id: 'Order-"7"', extra: '"isLatest":true' } as Partial<StoredEvent>)
  for (const text of ['5511999', 'order-"7"', 'ISLATEST":TRUE']) t.equal(await has(text, event), true, text)
})

t.test('a JID is found in all of its forms, other text is compared as it is', async (t) => {
  const device = stored({ key: { participant: '5511999999999:12@s.whatsapp.net' } })
  t.equal(await has(JID, device), true)
  t.equal(await has(JID, stored({ from: '5511999999999@c.us' })), true)
  t.equal(await has(JID, stored({}, { sender: '5511999999999:3@s.whatsapp.net' } as Partial<StoredEvent>)), true)
  t.equal(await has(JID, stored({ from: '5511999999990@c.us' })), false)
  t.equal(await has('Joao@Example.com', stored({ mail: 'joao@example.COM' })), true)
})

t.test('a text is found wherever it is in large data', async (t) => {
  const needle = 'é"\\\n fim'
  const search = eventSearch(needle)
  const escapes = JSON.stringify(needle).slice(1, -1).replace('é', '\\u00e9')
  t.equal(JSON.parse(`"${escapes}"`), needle)
  for (let shift = 0; shift < 24; shift++) {
    const before = '\\\\'.repeat(130_000) + 'x'.repeat(2_125 + shift)
    t.equal(await search(stored(`"${before}${escapes}${'y'.repeat(300_000)}"`)), true, `shifted by ${shift}`)
  }
  t.equal(await search(stored(`"${'\\\\'.repeat(400_000)}"`)), false)
})
