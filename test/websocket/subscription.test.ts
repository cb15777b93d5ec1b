import t from 'tap'
import { EventCatalogue } from '../../lib/events/catalogue.ts'
import { readSubscription } from '../../lib/websocket/subscription.ts'

const catalogue = new EventCatalogue()
const read = (auth: Record<string, unknown>, namespace = '/') => readSubscription(namespace, auth, catalogue)
const subscribed = (members: object) => ({
  status: 'valid',
  subscription: {
    offset: undefined,
    log: undefined,
    events: undefined,
    instances: undefined,
    filter: undefined,
    ...members
  }
})
const invalid = (message: string) => ({ status: 'invalid', message })
const OFFSET = 'auth.offset: must be the offset of the last event that you have (a whole number from 0), or "latest"'

t.test('an offset is a whole number, that number as text, "latest", or absent', (t) => {
  const valid: [unknown, unknown][] = [
    [undefined, undefined],
    [null, undefined],
    [0, 0],
    ['0', 0],
    [7, 7],
    ['007', 7],
    [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    [String(Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER],
    ['latest', 'latest']
  ]
  t.strictSame(
    valid.map(([offset]) => read({ offset })),
    valid.map(([, offset]) => subscribed({ offset }))
  )
  const tooLarge = Number.MAX_SAFE_INTEGER + 1
  const texts = ['', ' ', '-1', '1.5', '1e3', '0x10', '1n', 'LATEST', 'newest', '1'.repeat(17), String(tooLarge)]
  const offsets = [-1, 1.5, NaN, Infinity, tooLarge, true, false, {}, [], [1], 5n, ...texts]
  t.strictSame(
    offsets.map((offset) => read({ offset })),
    offsets.map(() => invalid(OFFSET))
  )
  t.end()
})

t.test('the log of an offset is text, or absent', (t) => {
  const valid = [undefined, null, '', 'af01', 'a log-incomplete', 'x'.repeat(100)]
  t.strictSame(
    valid.map((log) => read({ log })),
    valid.map((log) => subscribed({ log: log ?? undefined }))
  )
  const texts = ['x'.repeat(101), 'a\0b', 'a\n', 'é', '\ud800', 'x'.repeat(1_000_000)]
  const wrong = [1, {}, ['af01'], true, ...texts]
  const message =
    'auth.log: must be the "log" of the last "resumed" that you received (at most 100 characters of printable ASCII)'
  t.strictSame(
    wrong.map((log) => read({ log })),
    wrong.map(() => invalid(message))
  )
  t.end()
})

t.test('subscribed events are names or keys of the catalogue; an empty list means all', (t) => {
  const valid: [unknown, string[] | undefined][] = [
    [undefined, undefined],
    [null, undefined],
    [[], undefined],
    [['messages.upsert'], ['messages.upsert']],
    [
      ['MESSAGES_UPSERT', 'call', 'messages.upsert', 'Call'],
      ['messages.upsert', 'call']
    ],
    [['creds.update'], ['creds.update']],
    [['GROUP_UPDATE'], ['groups.update']],
    [['NEW_TOKEN'], []],
    [Array.from({ length: 200 }, () => 'call'), ['call']]
  ]
  t.strictSame(
    valid.map(([events]) => read({ events }, '/sales')),
    valid.map(([, events]) => subscribed({ events: events && new Set(events) }))
  )
  const wrong = ['call', {}, 1, true, [1], [null], ['call', undefined], Array(201).fill('call')]
  t.strictSame(
    wrong.map((events) => read({ events })),
    wrong.map(() => invalid('auth.events: must be a list of at most 200 names'))
  )
  t.match(read({ events: ['call', 'cal'] }), {
    status: 'invalid',
    message: /^auth\.events\[1\] "cal" is not a known event; the closest are CALL, /
  })
  t.match(read({ events: [''] }), { status: 'invalid', message: /^auth\.events\[0\] "" is not/ })
  t.end()
})

t.test('instances can be named on the root namespace only', (t) => {
  const valid: [unknown, string[] | undefined][] = [
    [undefined, undefined],
    [null, undefined],
    [[], undefined],
    [
      ['sales', 'loja são/1', 'sales'],
      ['sales', 'loja são/1']
    ],
    [Array.from({ length: 200 }, (_, n) => `i${n}`), Array.from({ length: 200 }, (_, n) => `i${n}`)]
  ]
  t.strictSame(
    valid.map(([instances]) => read({ instances })),
    valid.map(([, instances]) => subscribed({ instances: instances && new Set(instances) }))
  )
  const wrong = ['sales', {}, 1, [1], [['sales']], Array(1_001).fill('sales')]
  t.strictSame(
    wrong.map((instances) => read({ instances })),
    wrong.map(() => invalid('auth.instances: must be a list of at most 200 names'))
  )
  t.strictSame(read({ instances: ['sales', 'a\0b'] }), {
    status: 'invalid',
    message: 'auth.instances: instance must not contain control characters, noncharacters or unpaired surrogates'
  })
  const elsewhere = invalid('auth.instances: can only be used on the namespace /; leave it out here')
  t.strictSame(
    [['sales'], [], 'sales', undefined, null].map((instances) => read({ instances }, '/sales')),
    [elsewhere, elsewhere, elsewhere, subscribed({}), subscribed({})]
  )
  t.end()
})

t.test('a filter is a policy over data, with keys of the catalogue', (t) => {
  t.strictSame(
    [undefined, null, { key: { fromMe: [false] } }, { GROUP_UPDATE: { id: ['a'] } }].map((filter) => read({ filter })),
    [undefined, undefined, { key: { fromMe: [false] } }, { GROUPS_UPDATE: { id: ['a'] } }].map((filter) =>
      subscribed({ filter })
    )
  )
  t.strictSame(
    ['fromMe', { key: 1 }].map((filter) => read({ filter })),
    [
      invalid('auth.filter must be an object, such as {"key":{"fromMe":[false]}}'),
      invalid('auth.filter.key must be a list of conditions, such as ["text"], or an object of members')
    ]
  )
  t.end()
})

t.test('a refused subscription names its first fault', (t) => {
  t.match(read({ offset: -1, events: 'call', instances: 1 }), { message: /^auth\.events: / })
  t.match(read({ offset: -1, instances: 1 }), { message: /^auth\.offset: / })
  t.match(read({ offset: -1, instances: [] }, '/sales'), { message: /^auth\.instances: / })
  t.end()
})
