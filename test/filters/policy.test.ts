import t, { type Test } from 'tap'
import { bounded } from '../../lib/filters/work.ts'
import { compilePolicy } from '../../lib/filters/policy.ts'

const message = {
  key: { fromMe: false, remoteJid: '5511999990000@s.whatsapp.net', id: 'ABC' },
  pushName: 'Ana Souza',
  messageTimestamp: 1_700_000_000,
  status: null,
  tags: ['new', 'vip'],
  empty: [],
  participants: [
    { id: 'a', admin: true },
    { id: 'b', admin: false }
  ]
}

const matches = (policy: unknown, data: unknown = message) => {
  const compiled = compilePolicy(policy, 'filter')
  return bounded(() => compiled(data))
}

/** Asserts which policies match the message. */
function check(t: Test, cases: [policy: unknown, expected: boolean, data?: unknown][]) {
  t.strictSame(
    cases.map(([policy, , ...data]) => [policy, matches(policy, ...data)]),
    cases.map(([policy, expected]) => [policy, expected])
  )
}

t.test('values match exactly, and one of a list is enough', async (t) => {
  check(t, [
    [{ pushName: ['Ana Souza'] }, true],
    [{ pushName: ['Ana', 'Ana Souza'] }, true],
    [{ pushName: ['ana souza'] }, false],
    [{ messageTimestamp: [1_700_000_000] }, true],
    [{ messageTimestamp: ['1700000000'] }, false],
    [{ key: { fromMe: [false] } }, true],
    [{ key: { fromMe: [true] } }, false],
    [{ status: [null] }, true],
    [{ missing: [null] }, false],
    [{ key: ['ABC'] }, false],
    [{ toString: ['x'] }, false],
    [{ constructor: { name: ['Object'] } }, false]
  ])
})

t.test('each operator of the policy matches as documented', async (t) => {
  check(t, [
    [{ key: { remoteJid: [{ suffix: '@s.whatsapp.net' }] } }, true],
    [{ key: { remoteJid: [{ suffix: '@g.us' }] } }, false],
    [{ key: { remoteJid: [{ prefix: '5511' }] } }, true],
    [{ key: { remoteJid: [{ prefix: '5521' }] } }, false],
    [{ messageTimestamp: [{ prefix: '17' }] }, false],
    [{ pushName: [{ 'equals-ignore-case': 'ANA SOUZA' }] }, true],
    [{ pushName: [{ 'equals-ignore-case': 'ANA' }] }, false],
    [{ pushName: [{ 'anything-but': 'Ana Souza' }] }, false],
    [{ pushName: [{ 'anything-but': ['Bia', 'Caio'] }] }, true],
    [{ messageTimestamp: [{ 'anything-but': 1_700_000_000 }] }, false],
    [{ key: { remoteJid: [{ 'anything-but': { suffix: '@g.us' } }] } }, true],
    [{ key: { remoteJid: [{ 'anything-but': { suffix: ['@g.us', '@s.whatsapp.net'] } }] } }, false],
    [{ key: { remoteJid: [{ 'anything-but': { prefix: '55' } }] } }, false],
    [{ pushName: [{ 'anything-but': { 'equals-ignore-case': 'ana souza' } }] }, false],
    [{ missing: [{ 'anything-but': 'x' }] }, false],
    [{ pushName: [{ exists: true }] }, true],
    [{ key: [{ exists: true }] }, true],
    [{ pushName: [{ exists: false }] }, false],
    [{ missing: [{ exists: false }] }, true],
    [{ missing: { deeper: [{ exists: false }] } }, true],
    [{ missing: { deeper: [{ exists: true }] } }, false],
    [{ messageTimestamp: [{ numeric: ['>', 1] }] }, true],
    [{ messageTimestamp: [{ numeric: ['>=', 1, '<', 2] }] }, false],
    [{ messageTimestamp: [{ numeric: ['=', 1_700_000_000] }] }, true],
    [{ messageTimestamp: [{ numeric: ['<=', 1_700_000_000, '>=', 1_700_000_000] }] }, true],
    [{ pushName: [{ numeric: ['=', 1] }] }, false]
  ])
})

t.test('all members must match, and one policy of $or', async (t) => {
  const own = { key: { fromMe: [true] } }
  const ana = { pushName: ['Ana Souza'] }
  check(t, [
    [{ ...own, ...ana }, false],
    [{ key: { fromMe: [false], id: ['ABC'] }, ...ana }, true],
    [{ $or: [own, ana] }, true],
    [{ $or: [own, { pushName: ['Bia'] }] }, false],
    [{ $or: [own, ana], status: ['x'] }, false],
    [{ key: { $or: [{ id: ['X'] }, { fromMe: [false] }] } }, true]
  ])
})

t.test('an array matches if one item does', async (t) => {
  check(t, [
    [{ tags: ['vip'] }, true],
    [{ tags: ['old'] }, false],
    [{ tags: [{ 'anything-but': 'vip' }] }, true],
    [{ empty: [{ 'anything-but': 'vip' }] }, false],
    [{ empty: [{ exists: true }] }, true],
    [{ participants: { id: ['b'], admin: [false] } }, true],
    [{ participants: { id: ['a'], admin: [false] } }, false],
    [{ key: { id: ['ABC'] } }, true, [{ key: { id: 'X' } }, message]],
    [{ key: { id: ['ABC'] } }, false, []],
    [{ tags: ['deep'] }, true, { tags: [['deep']] }]
  ])
})

t.test('data that is no object has no members', async (t) => {
  check(
    t,
    ['text', 1, null, true].flatMap((data): [unknown, boolean, unknown][] => [
      [{ a: ['text'] }, false, data],
      [{ a: [{ exists: false }] }, true, data]
    ])
  )
})

t.test('a policy that cannot be used is refused with the member and the remedy', async (t) => {
  const nested = (levels: number): object => (levels === 0 ? { a: [1] } : { a: nested(levels - 1) })
  const object = 'must be an object with at least one member, such as {"fromMe":[false]}'
  const scalar =
    'must be a string, a number, true, false, null, or an object with one of prefix, suffix, equals-ignore-case, anything-but, exists, numeric'
  const texts = 'must be a string that is not empty'
  const numbers = 'must be one or two comparisons, such as ["=", 1] or [">=", 1, "<", 10]'
  const values = 'must be a string, a number, or a list of them'
  const cases: [unknown, string][] = [
    [null, `filter ${object}`],
    [[], `filter ${object}`],
    [{}, `filter ${object}`],
    [{ a: {} }, `filter.a ${object}`],
    [{ a: 'x' }, 'filter.a must be a list of conditions, such as ["text"], or an object of members'],
    [{ a: [] }, 'filter.a must have at least one condition, such as ["text"]'],
    [{ a: [{}] }, `filter.a[0] ${scalar}`],
    [{ a: ['x', [1]] }, `filter.a[1] ${scalar}`],
    [{ a: [{ toString: 1 }] }, `filter.a[0] ${scalar}`],
    [{ a: [{ prefix: 'a', suffix: 'b' }] }, `filter.a[0] ${scalar}`],
    [{ a: [undefined] }, `filter.a[0] ${scalar}`],
    [{ a: [{ prefix: '' }] }, `filter.a[0].prefix ${texts}`],
    [{ a: [{ suffix: 1 }] }, `filter.a[0].suffix ${texts}`],
    [{ a: [{ exists: 'yes' }] }, 'filter.a[0].exists must be true or false'],
    [{ a: [{ numeric: '=1' }] }, `filter.a[0].numeric ${numbers}`],
    [{ a: [{ numeric: ['='] }] }, `filter.a[0].numeric ${numbers}`],
    [{ a: [{ numeric: ['!=', 1] }] }, `filter.a[0].numeric ${numbers}`],
    [{ a: [{ numeric: ['=', '1'] }] }, `filter.a[0].numeric ${numbers}`],
    [{ a: [{ numeric: [1, 1] }] }, `filter.a[0].numeric ${numbers}`],
    [{ a: [{ 'anything-but': [] }] }, `filter.a[0].anything-but ${values}`],
    [{ a: [{ 'anything-but': null }] }, `filter.a[0].anything-but ${values}`],
    [{ a: [{ 'anything-but': [true] }] }, `filter.a[0].anything-but ${values}`],
    [
      { a: [{ 'anything-but': { numeric: ['=', 1] } }] },
      'filter.a[0].anything-but must be values, or an object with one of prefix, suffix, equals-ignore-case'
    ],
    [
      { a: [{ 'anything-but': {} }] },
      'filter.a[0].anything-but must be values, or an object with one of prefix, suffix, equals-ignore-case'
    ],
    [
      { a: [{ 'anything-but': { prefix: 'a', suffix: 'b' } }] },
      'filter.a[0].anything-but must be values, or an object with one of prefix, suffix, equals-ignore-case'
    ],
    [
      { a: [{ 'anything-but': { prefix: [] } }] },
      'filter.a[0].anything-but.prefix must be a string or a list of strings'
    ],
    [{ $or: { a: [1] } }, 'filter.$or must be a list of at least two policies'],
    [{ $or: [{ a: [1] }] }, 'filter.$or must be a list of at least two policies'],
    [{ $or: [{ a: [1] }, 1] }, `filter.$or[1] ${object}`],
    [nested(12), 'filter must have at most 12 levels of objects'],
    [{ a: Array(151).fill('x') }, 'filter must have at most 150 conditions']
  ]
  const refusals = cases.map(([policy]) => {
    try {
      return compilePolicy(policy, 'filter')
    } catch (error) {
      return (error as Error).message
    }
  })
  t.strictSame(
    refusals,
    cases.map(([, expected]) => expected)
  )
  t.equal(matches(nested(11), {}), false)
})

t.test('a number that JSON could not keep is refused, wherever it stands', async (t) => {
  const message = /^filter\.a\[0\].* has a number of 1e308 or more: use a smaller one$/
  const policies = [
    { a: [Infinity] },
    { a: [{ numeric: ['>', -Infinity] }] },
    { a: [{ numeric: ['>', 1, '<', Infinity] }] },
    { a: [{ 'anything-but': Infinity }] },
    { a: [{ 'anything-but': [1, Infinity] }] }
  ]
  for (const policy of policies) t.throws(() => compilePolicy(policy, 'filter'), { message })
})
