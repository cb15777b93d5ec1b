import t from 'tap'
import { apiBase, socketUrl } from '../../console/api/address.ts'
import { listOf, objectWith } from '../../console/api/answers.ts'
import { approximateBytes } from '../../console/approximate-bytes.ts'
import { EventBuffer } from '../../console/event-buffer.ts'
import { byHub } from '../../console/events-by-hub.ts'
import { eventPreview } from '../../console/event-preview.ts'
import { formatsOf } from '../../console/format.ts'
import { inChunks } from '../../console/in-chunks.ts'
import { jsonTokens } from '../../console/json-tokens.ts'
import { deadLettersHref, href, parseRoute } from '../../console/route.ts'
import { NO_SERIES, withHistory, withPoint } from '../../console/sample-series.ts'
import templates from '../../console/templates.json' with { type: 'json' }
import { templateOf } from '../../console/templates.ts'
import { EVOLUTION_EVENTS, EventCatalogue } from '../../lib/events/catalogue.ts'
import { DESCRIBED_HUBS } from '../../lib/hubs/described-hubs.ts'
import { HUB_NAMES } from '../../lib/hubs/hub.ts'

t.test('the routes have the prefix of the page', async (t) => {
  t.equal(apiBase('http://host/console/'), 'http://host/')
  t.equal(apiBase('https://host:81/a/b/console/index.html?x=1#/live'), 'https://host:81/a/b/')
  t.equal(socketUrl('https://host/hub/console/', 'vendas/são'), 'https://host/vendas%2Fs%C3%A3o')
  t.equal(socketUrl('https://host/hub/console/'), 'https://host/')
})

t.test('a URL of a page is parsed to that page', async (t) => {
  const none = { page: undefined, instance: undefined, event: undefined, queue: undefined, reason: undefined }
  for (const name of ['sales', 'a/b', '50%', 'são paulo', '#', '?queue=a'])
    t.same(parseRoute(href('live', name)), { ...none, page: 'live', instance: name })
  t.same(parseRoute(href('history', 'a/b', '50%/7')), { ...none, page: 'history', instance: 'a/b', event: '50%/7' })
  t.same(parseRoute('#/dead-letters'), { ...none, page: 'dead-letters' })
  t.same(parseRoute(''), none)
  t.same(parseRoute('#/nothing/50%'), { ...none, instance: '50%' }, 'malformed ones are taken as they are')
})

t.test('a URL has the filter of dead letters', async (t) => {
  const filters = [
    {},
    { instance: 'a/b?c' },
    { queue: 'a b&reason=c.fifo' },
    { instance: 'são', queue: 'a', reason: 'E 50%?' }
  ]
  for (const filter of filters)
    t.match(parseRoute(deadLettersHref(filter)), {
      instance: undefined,
      queue: undefined,
      reason: undefined,
      ...filter
    })
  t.equal(deadLettersHref({}), '#/dead-letters')
  t.match(parseRoute('#/dead-letters?queue=&reason='), { queue: undefined, reason: undefined })
})

t.test('a buffer keeps the latest events, newest first, and counts all', async (t) => {
  const buffer = new EventBuffer<number>(10)
  for (let n = 1; n <= 1_000; n++) buffer.push(n)
  t.same(buffer.newest(), [1_000, 999, 998, 997, 996, 995, 994, 993, 992, 991])
  t.equal(buffer.total, 1_000)
  buffer.clear()
  t.same(buffer.newest(), [])
})

t.test('a buffer is limited in bytes, and always keeps the latest event', async (t) => {
  const buffer = new EventBuffer<string>(10, 5_000)
  for (const text of ['a', 'b', 'c', 'd', 'e', 'f']) buffer.push(text.repeat(1_000))
  t.same(
    buffer.newest().map((text) => text[0]),
    ['f', 'e', 'd', 'c']
  )
  t.equal(buffer.total, 6)
  buffer.push('g'.repeat(9_000))
  t.equal(buffer.newest().length, 1)
  buffer.clear()
  for (let n = 0; n < 4; n++) buffer.push('h'.repeat(1_000))
  t.equal(buffer.newest().length, 4, 'clear frees the memory')
  const large = new EventBuffer<unknown>()
  for (let n = 0; n < 20; n++) large.push({ data: 'x'.repeat(5_000_000) })
  t.equal(large.newest().length, 6, 'at most 32 MiB')
})

t.test('the memory of a value is estimated for any depth', async (t) => {
  t.ok(approximateBytes(JSON.parse('['.repeat(100_000) + ']'.repeat(100_000))) > 100_000, 'for any depth')
  t.ok(approximateBytes({ key: ['x'.repeat(1_000), 1, null, { key: 'x'.repeat(1_000) }] }) > 2_000)
})

t.test('an answer of another server does not pass the check', async (t) => {
  type Item = { name: string; size: number; more: object; items: unknown[] }
  const check = listOf(objectWith<Item>({ name: 'string', size: 'number', more: 'object', items: 'list' }))
  const answers = [
    [],
    [{ name: 'a', size: 1, more: {}, items: [], also: true }],
    null,
    {},
    'text',
    [null],
    [{}],
    [{ name: 'a', size: 1, more: [], items: [] }]
  ]
  t.strictSame(answers.filter(check), answers.slice(0, 2))
})

t.test('a preview is the text of a message, else its JSON, and is cut', async (t) => {
  t.equal(eventPreview({ pushName: 'Maria', message: { conversation: 'Oi' } }), 'Maria: Oi')
  t.equal(eventPreview({ message: { conversation: 'Oi' } }), 'Oi')
  t.equal(eventPreview({ message: { imageMessage: { url: 'x', caption: 'Foto' } } }), 'Foto')
  t.equal(eventPreview({ message: { audioMessage: { seconds: 3 }, other: null } })[0], '{')
  t.equal(eventPreview({ message: null }), '{"message":null}')
  t.equal(eventPreview(null), 'null')
  t.equal(eventPreview(undefined), '')
  t.equal(eventPreview('x'.repeat(500)).length, 161)
})

t.test('the tokens of a value make up its JSON', async (t) => {
  const value = { text: 'a "quoted": {true}\n', n: -1.5e10, yes: true, no: null, list: [1, 'two', {}], [`key "`]: [] }
  const { tokens, cut } = jsonTokens(value)
  t.notOk(cut)
  t.equal(tokens.map(({ text }) => text).join(''), JSON.stringify(value, null, 2))
  const of = (kind: string) => tokens.filter((token) => token.kind === kind).map(({ text }) => text)
  t.same(of('word'), ['true', 'null'])
  t.same(of('number'), ['-15000000000', '1'])
  t.same(of('string'), ['"a \\"quoted\\": {true}\\n"', '"two"'])
  t.equal(of('key').length, 6)
  t.match(jsonTokens('x'.repeat(9_000)).tokens[0]?.text, /^"x{2000}… \(9000\)"$/, 'a huge text is cut')
  t.same(jsonTokens(undefined).tokens, [{ kind: 'word', text: 'null' }])
})

t.test('a value that is too large for a page is cut', async (t) => {
  const deep: unknown = JSON.parse('['.repeat(4_000) + ']'.repeat(4_000))
  t.ok(jsonTokens(deep).cut)
  t.match(jsonTokens(deep).tokens[0]?.text, /…/)
  const wide = jsonTokens(Array.from({ length: 1_000_000 }, () => 0))
  t.ok(wide.cut)
  t.equal(wide.tokens.length, 20_000)
  const long = jsonTokens(Array.from({ length: 10_000 }, () => 'x'.repeat(1_000)))
  t.ok(long.cut)
  t.ok(long.tokens.map(({ text }) => text).join('').length < 510_000)
  t.notOk(jsonTokens(Object.fromEntries([['k'.repeat(9_000), 1]])).tokens.some(({ text }) => text.length > 2_100))
  t.match(eventPreview(deep), /^\[+…/)
  t.equal(eventPreview(Array.from({ length: 1_000_000 }, () => 0)).length, 161)
})

t.test('numbers and times have the format of the language', async (t) => {
  const en = formatsOf('en')
  const pt = formatsOf('pt-BR')
  t.same([en.count(1_234_567), pt.count(1_234_567)], ['1,234,567', '1.234.567'])
  t.same([en.rate(2.345), en.rate(1_234.5), pt.rate(2.345)], ['2.3', '1,235', '2,3'])
  t.same([0.4, 59, 60, 7_199, 90_000].map(en.duration), ['0s', '59s', '1m', '1h', '1d'])
  t.match(en.dateTime('2026-11-22T13:04:05Z'), /2026.*\d\d:04:05/)
  const today = new Date()
  today.setMilliseconds(678)
  t.match(pt.moment(today.toISOString()), /^\d\d:\d\d:\d\d,678$/)
  t.match(pt.moment('2024-02-21T13:04:05.678Z'), /^2\d\/02, \d\d:04:05$/)
  t.match(pt.zone(), /^(GMT|UTC)/)
  t.match(en.moment('2024-02-21T13:04:05.678Z'), /^02\/2\d, \d\d:04:05$/)
})

t.test('a series keeps an hour, and may begin with what was before it', async (t) => {
  const point = { accepted: null, delivered: 1, pending: 2, oldest: 3, deadLetters: 4, sockets: 5 }
  let series = NO_SERIES
  for (let n = 0; n < 2_000; n++) series = withPoint(series, { ...point, time: n * 2 })
  t.equal(series.times.length, 1_800)
  t.equal(series.times[0], 400)
  t.same(series.accepted.at(-1), null)
  t.same(NO_SERIES.times, [], 'the earlier series is unchanged')
  const before = [380, 390, 400, 410].map((time) => ({ ...point, accepted: time, time }))
  const joined = withHistory(series, before)
  t.same(joined.times.slice(0, 4), [380, 390, 400, 402])
  t.same(joined.accepted.slice(0, 3), [380, 390, null])
  t.same(withHistory(NO_SERIES, before).times, [380, 390, 400, 410])
  t.same(withPoint(joined, { ...point, time: 9_000 }).times, [9_000])
})

t.test('every event of the catalogue has a template; other events have an empty object', async (t) => {
  t.same(
    EVOLUTION_EVENTS.filter((event) => !(event in templates)),
    []
  )
  t.match(JSON.parse(templateOf('messages.upsert')), { message: { conversation: String } })
  t.equal(templateOf('invoice.paid'), '{}')
})

t.test('a list is split into chunks', async (t) => {
  t.same(inChunks([1, 2, 3, 4, 5], 2), [[1, 2], [3, 4], [5]])
  t.same(inChunks([], 2), [])
})

t.test('events are grouped by hub, those of this server and of unknown hubs too', async (t) => {
  const { events } = new EventCatalogue({ hubs: HUB_NAMES, names: ['invoice.paid'] })
  const newer = { name: 'other.message', key: 'OTHER_MESSAGE', inAll: true, hub: 'other' }
  t.strictSame(
    byHub([...events, newer], 'Own').map(({ title, events }) => [title, events.length]),
    [
      ['Evolution API', EVOLUTION_EVENTS.length],
      ...DESCRIBED_HUBS.map(({ title, events }) => [title, Object.keys(events).length]),
      ['Own', 1],
      ['other', 1]
    ]
  )
})
