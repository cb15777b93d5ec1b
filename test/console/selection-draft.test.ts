import t from 'tap'
import { PRESETS, withPreset } from '../../console/filter-presets.ts'
import { draftOf, filterFault, requestOf, sameDraft } from '../../console/selection-draft.ts'
import { EventCatalogue } from '../../lib/events/catalogue.ts'
import { checkFilter, passes } from '../../lib/filters/event-filter.ts'

const catalogue = new EventCatalogue()
const { events } = catalogue

t.test('a stored selection becomes a draft, and the draft a request for the same', async (t) => {
  const stored = { enabled: true, events: ['CALL'], filter: { a: [1] }, omit: ['data.b', 'data.c'] }
  const draft = draftOf({ ...stored, events: ['CALL', 'AN_ALIAS'] }, events)
  t.match(draft, { enabled: true, filter: '{\n  "a": [\n    1\n  ]\n}', omit: 'data.b\ndata.c' })
  t.same(requestOf(draft, events), stored)
  t.same(requestOf({ ...draft, filter: ' ', omit: '\n' }, events), { ...stored, filter: null, omit: null })
  t.same(requestOf({ ...draft, enabled: false, filter: '{' }, events), { enabled: false, events: ['CALL'] })
  const unset = draftOf({ enabled: true, events: [] }, events)
  t.same([...unset.selected], catalogue.all)
  t.same(requestOf(unset, events), { enabled: true, events: [], filter: null, omit: null })
})

t.test('another layout of a filter or of paths is no change', async (t) => {
  const draft = draftOf({ enabled: true, events: ['CALL'], filter: { a: [1] }, omit: ['data.b'] }, events)
  t.ok(sameDraft(draft, { ...draft, selected: new Set(['CALL']), filter: ' {"a":[1]} ', omit: '\n data.b \n' }))
  const changes = [{ enabled: false }, { selected: new Set<string>() }, { filter: '' }, { filter: '{' }, { omit: '' }]
  t.same(
    changes.filter((change) => sameDraft(draft, { ...draft, ...change })),
    []
  )
  t.same([filterFault(' '), filterFault('{}')], [undefined, undefined])
  t.same(filterFault('{'), { line: 1, column: 2, isEnd: true })
})

t.test('presets leave out what they name, alone and together, by the rules of the server', async (t) => {
  const chats = {
    direct: { key: { fromMe: false, remoteJid: '5511912345678@s.whatsapp.net' } },
    own: { key: { fromMe: true, remoteJid: '5511912345678@s.whatsapp.net' } },
    group: { key: { fromMe: false, remoteJid: '12036304@g.us' } },
    status: { key: { fromMe: false, remoteJid: 'status@broadcast' } }
  }
  const passing = (filter: string, key = 'MESSAGES_UPSERT') => {
    const checked = checkFilter(JSON.parse(filter), 'filter', catalogue)
    return Object.entries(chats).flatMap(([chat, data]) =>
      passes(checked, key, { data: JSON.stringify(data) }) ? [chat] : []
    )
  }
  t.same(
    PRESETS.map((preset) => passing(withPreset('', preset))),
    [
      ['direct', 'group', 'status'],
      ['direct', 'own', 'status'],
      ['direct', 'own', 'group']
    ]
  )
  const all = PRESETS.reduce(withPreset, ' ')
  t.same(passing(all), ['direct'])
  t.same(passing(all, 'CALL'), Object.keys(chats), 'other events pass')
  t.equal(PRESETS.reduce(withPreset, all), all, 'twice is the same as once')

  const beside = JSON.parse(withPreset('{"CALL":{"status":["offer"]}}', 'noGroups')) as object
  t.same(Object.keys(beside), ['CALL', 'MESSAGES_UPSERT'])
  t.same(
    JSON.parse(withPreset('{"key":{"id":[1],"remoteJid":["x"]},"pushName":["Ana"]}', 'noStatus')),
    {
      key: { id: [1], remoteJid: [{ 'anything-but': { suffix: ['status@broadcast'] } }] },
      pushName: ['Ana']
    },
    'a policy for all events stays one'
  )
})
