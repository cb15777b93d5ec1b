import t from 'tap'
import { EventCatalogue } from '../../lib/events/catalogue.ts'
import { readSubscription } from '../../lib/websocket/subscription.ts'

const catalogue = new EventCatalogue()
const read = (auth: Record<string, unknown>, namespace = '/') => readSubscription(namespace, auth, catalogue)
const OFFSET = 'auth.offset: takes the offset of the last event that you have (a whole number from 0), or "latest"'

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
  for (const [offset, expected] of valid) {
    t.strictSame(
      read({ offset }),
      { status: 'valid', subscription: { offset: expected, log: undefined, events: undefined, instances: undefined } },
      String(offset)
    )
  }
  const tooLarge = Number.MAX_SAFE_INTEGER + 1
  const texts = ['', ' ', '-1', '1.5', '1e3', '0x10', '1n', 'LATEST', 'newest', '1'.repeat(17), String(tooLarge)]
  for (const offset of [-1, 1.5, NaN, Infinity, tooLarge, true, false, {}, [], [1], 5n, ...texts]) {
    t.strictSame(read({ offset }), { status: 'invalid', message: OFFSET }, String(offset))
  }
  t.end()
})

t.test('the log of an offset is text, or absent', (t) => {
  for (const log of [undefined, null]) t.match(read({ log }), { subscription: { log: undefined } })
  t.match(read({ log: 'af01' }), { subscription: { log: 'af01' } })
  for (const log of [1, {}, ['af01'], true]) {
    const message = 'auth.log: takes the "log" of the last "resumed" that you got'
    t.strictSame(read({ log }), { status: 'invalid', message })
  }
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
  for (const [events, expected] of valid) {
    const found = read({ events }, '/sales')
    t.match(found, { status: 'valid' })
    t.strictSame(found, {
      status: 'valid',
      subscription: { offset: undefined, log: undefined, events: expected && new Set(expected), instances: undefined }
    })
  }
  const notAList = 'auth.events: takes a list of at most 200 names'
  for (const events of ['call', {}, 1, true, [1], [null], ['call', undefined], Array(201).fill('call')]) {
    t.strictSame(read({ events }), { status: 'invalid', message: notAList })
  }
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
  for (const [instances, expected] of valid) {
    t.strictSame(read({ instances }), {
      status: 'valid',
      subscription: { offset: undefined, log: undefined, events: undefined, instances: expected && new Set(expected) }
    })
  }
  const notAList = 'auth.instances: takes a list of at most 200 names'
  for (const instances of ['sales', {}, 1, [1], [['sales']], Array(1_001).fill('sales')]) {
    t.strictSame(read({ instances }), { status: 'invalid', message: notAList })
  }
  t.strictSame(read({ instances: ['sales', 'a\0b'] }), {
    status: 'invalid',
    message: 'auth.instances: instance must not contain control characters, noncharacters or unpaired surrogates'
  })
  const elsewhere = 'auth.instances: only / carries more than one instance; leave it out here'
  for (const instances of [['sales'], [], 'sales']) {
    t.strictSame(read({ instances }, '/sales'), { status: 'invalid', message: elsewhere })
  }
  for (const instances of [undefined, null]) t.match(read({ instances }, '/sales'), { status: 'valid' })
  t.end()
})

t.test('a refused subscription names its first fault', (t) => {
  t.match(read({ offset: -1, events: 'call', instances: 1 }), { message: /^auth\.events: / })
  t.match(read({ offset: -1, instances: 1 }), { message: /^auth\.offset: / })
  t.match(read({ offset: -1, instances: [] }, '/sales'), { message: /^auth\.instances: / })
  t.end()
})
