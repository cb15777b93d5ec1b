import t from 'tap'
import { checkOmission, sharedOmission, storedOmission, withoutOmitted } from '../../lib/filters/omission.ts'

const check = (paths: unknown) => checkOmission(paths, 'omit')
const left = (data: string, paths: string[]) => withoutOmitted({ data }, check(paths)).data

t.test('members of these paths are left out, also of the items of arrays', async (t) => {
  const cases: [data: string, paths: string[], expected: string][] = [
    ['{"message":{"base64":"AAAA","text":"hi"}}', ['data.message.base64'], '{"message":{"text":"hi"}}'],
    ['{"a":[{"b":1,"c":2},{"b":3},[{"b":4}],5,null]}', ['data.a.b'], '{"a":[{"c":2},{},[{}],5,null]}'],
    ['[{"b":1}]', ['data.b'], '[{}]'],
    ['{"a":1,"b":2,"c":3}', ['data.a', 'data.c'], '{"b":2}'],
    ['{"\\u0061":1,"b":2}', ['data.a'], '{"b":2}'],
    ['{"image\\/png":1,"b":2}', ['data.image/png'], '{"b":2}'],
    ['{"a\\"\\b\\f\\n\\r\\t\\\\":1,"b":2}', ['data.a"\b\f\n\r\t\\'], '{"b":2}'],
    ['{"__proto__":1,"b":2}', ['data.__proto__'], '{"b":2}'],
    ['{"a":{"b":1}}', ['data.b.a'], '{"a":{"b":1}}'],
    ['"a"', ['data.a'], '"a"'],
    ['{"a":{"b":1,"c":2},"d":3}', ['data.a.b', 'data.a', 'data.a.c'], '{"d":3}'],
    ['{"a":{"b":1,"c":2}}', ['data.a.b', 'data.a.b.x'], '{"a":{"c":2}}']
  ]
  t.strictSame(
    cases.map(([data, paths]) => left(data, paths)),
    cases.map(([, , expected]) => expected)
  )
})

t.test('an event without these members stays as it is, to the digit', async (t) => {
  const event = { data: '{ "n": 12345678901234567890, "text": "base" }', offset: 1 }
  t.equal(withoutOmitted(event, check(['data.base64'])), event)
  t.equal(withoutOmitted(event, undefined), event)
})

t.test('the members that stay are as they were written, to the digit', async (t) => {
  const data = '{ "base64": "AAAA", "n": 12345678901234567890, "f": [1.0, -0, 1e2] }'
  t.equal(left(data, ['data.base64']), '{ "n": 12345678901234567890, "f": [1.0, -0, 1e2] }')
})

t.test('the other members of an event stay', async (t) => {
  const omission = check(['data.a'])
  const event = { data: '{"a":1}', offset: 7 }
  t.strictSame(withoutOmitted(event, omission), { data: '{}', offset: 7 })
  t.strictSame(withoutOmitted(event, omission), { data: '{}', offset: 7 }, 'a second time')
})

t.test('equal lists are one, and an empty one is none', async (t) => {
  const omission = check(['data.a'])
  t.equal(check(['data.a']), omission)
  t.equal(storedOmission('["data.a"]'), omission)
  t.equal(sharedOmission(['data.a']), omission)
  t.equal(check([]), undefined)
})

t.test('paths that cannot be used are refused', async (t) => {
  const list = 'omit must be a list of at most 50 paths, such as ["data.message.base64"]'
  const path = (index: number) => `omit[${index}] must be the path of a member of data, such as data.message.base64`
  const cases: [unknown, string][] = [
    ['data.a', list],
    [Array(51).fill('data.a'), list],
    [['a'], path(0)],
    [['data'], path(0)],
    [['data.a', 'data.'], path(1)],
    [['data..a'], path(0)],
    [['data.*'], path(0)],
    [['data.a[0]'], path(0)],
    [[1], path(0)],
    [[`data.${'x'.repeat(200)}`], path(0)]
  ]
  const refusals = cases.map(([paths]) => {
    try {
      return check(paths)
    } catch (error) {
      return (error as Error).message
    }
  })
  t.strictSame(
    refusals,
    cases.map(([, expected]) => expected)
  )
})
