import t from 'tap'
import { EventCatalogue } from '../../lib/events/catalogue.ts'
import { checkFilter, passes, sharedFilter, storedFilter } from '../../lib/filters/event-filter.ts'

const catalogue = new EventCatalogue()
const check = (filter: unknown) => checkFilter(filter, 'sqs.filter', catalogue)
const event = (data: unknown) => ({ data: JSON.stringify(data) })

t.test('a filter for all events looks at each of them', async (t) => {
  const filter = check({ key: { fromMe: [false] } })
  t.strictSame(
    [true, false].map((fromMe) => passes(filter, 'CALL', event({ key: { fromMe } }))),
    [false, true]
  )
  t.equal(passes(undefined, 'CALL', { data: 'not looked at' }), true)
})

t.test('a filter by event key lets events of other keys pass', async (t) => {
  const filter = check({ MESSAGES_UPSERT: { a: [1] }, GROUP_UPDATE: { a: [2] } })
  t.strictSame(filter, { MESSAGES_UPSERT: { a: [1] }, GROUPS_UPDATE: { a: [2] } }, 'aliases are resolved')
  t.strictSame(
    (['MESSAGES_UPSERT', 'GROUPS_UPDATE', 'CALL'] as const).map((key) =>
      [1, 2].map((a) => passes(filter, key, event({ a })))
    ),
    [
      [true, false],
      [false, true],
      [true, true]
    ]
  )
})

t.test('equal filters are one object, which cannot be changed, and evaluate an event once', async (t) => {
  const filter = check({ a: [{ prefix: 'x' }] })
  t.equal(check({ a: [{ prefix: 'x' }] }), filter)
  t.equal(storedFilter('{"a":[{"prefix":"x"}]}'), filter)
  t.equal(sharedFilter({ a: [{ prefix: 'x' }] }), filter)
  t.throws(() => (filter.a as unknown[]).push(1), TypeError)
  let reads = 0
  const looked = {
    get data() {
      reads++
      return '{"a":"xy"}'
    }
  }
  t.equal(passes(filter, 'CALL', looked), true)
  t.equal(passes(filter, 'CALL', event({ a: 'z' })), false)
  t.equal(passes(filter, 'CALL', looked), true)
  t.equal(reads, 1)
})

t.test('more different filters than are kept work all the same', async (t) => {
  const first = check({ a: [0] })
  const results = Array.from({ length: 10_100 }, (_, n) => passes(check({ a: [n] }), 'CALL', event({ a: 7 })))
  t.strictSame(
    results.flatMap((passed, n) => (passed ? [n] : [])),
    [7]
  )
  t.strictSame(check({ a: [0] }), first)
})

t.test('a filter that cannot be used is refused with its name', async (t) => {
  const cases: [unknown, string, string][] = [
    ['x', 'IEV_FILTER_INVALID', 'sqs.filter must be an object, such as {"key":{"fromMe":[false]}}'],
    [null, 'IEV_FILTER_INVALID', 'sqs.filter must be an object, such as {"key":{"fromMe":[false]}}'],
    [[], 'IEV_FILTER_INVALID', 'sqs.filter must be an object, such as {"key":{"fromMe":[false]}}'],
    [{}, 'IEV_FILTER_INVALID', 'sqs.filter must be an object with at least one member, such as {"fromMe":[false]}'],
    [{ a: ['x'.repeat(8_192)] }, 'IEV_FILTER_INVALID', 'sqs.filter must have at most 8192 characters as JSON'],
    [
      { a: 1 },
      'IEV_FILTER_INVALID',
      'sqs.filter.a must be a list of conditions, such as ["text"], or an object of members'
    ],
    [{ CALL: { a: [] } }, 'IEV_FILTER_INVALID', 'sqs.filter.CALL.a must have at least one condition, such as ["text"]'],
    [
      { CALL: { a: [1] }, key: [1] },
      'IEV_FILTER_INVALID',
      'sqs.filter must have event keys only, such as MESSAGES_UPSERT, or members of data only'
    ],
    [
      { NEW_TOKEN: { a: [1] } },
      'IEV_FILTER_INVALID',
      'sqs.filter must be an object with at least one member, such as {"fromMe":[false]}'
    ]
  ]
  const refusals = cases.map(([filter]) => {
    try {
      return check(filter)
    } catch (error) {
      const { code, message } = error as Error & { code: string }
      return [code, message]
    }
  })
  t.strictSame(
    refusals,
    cases.map(([, ...expected]) => expected)
  )
  t.throws(() => check({ CAL: { a: [1] } }), {
    code: 'IEV_EVENT_UNKNOWN',
    message: /^sqs\.filter\[0\] "CAL" is not a known event/
  })
})

t.test('an event passes if its data has too many values to look at them in a short time', async (t) => {
  const filter = check({ a: Array.from({ length: 150 }, (_, n) => n + 1) })
  const zeros = (count: number) => event({ a: Array(count).fill(0) })
  t.strictSame(
    [50, 100, 1_000_000].map((count) => passes(filter, 'CALL', zeros(count))),
    [false, true, true]
  )
  t.equal(passes(filter, 'CALL', event({ a: 0, text: 'x,'.repeat(40_000) })), false, 'long texts are no such data')
})

t.test('a filter with too many levels is refused, however many there are', async (t) => {
  const levels = 100_000
  const deep: unknown = JSON.parse(`${'{"a":'.repeat(levels)}[1]${'}'.repeat(levels)}`)
  const lists: unknown = JSON.parse(`{"a":${'['.repeat(levels)}1${']'.repeat(levels)}}`)
  t.throws(() => check(deep), {
    code: 'IEV_FILTER_INVALID',
    message: 'sqs.filter must have at most 12 levels of objects'
  })
  t.throws(() => check(lists), { code: 'IEV_FILTER_INVALID', message: /^sqs\.filter\.a\[0\] must be/ })
})

t.test('the name of an event in a filter is refused, with its key', async (t) => {
  t.throws(() => check({ 'messages.upsert': { a: [1] } }), {
    code: 'IEV_FILTER_INVALID',
    message: 'sqs.filter has the name of an event: write its key, MESSAGES_UPSERT instead of "messages.upsert"'
  })
  t.strictSame(check({ 'data.of.ours': [1] }), { 'data.of.ours': [1] })
})
