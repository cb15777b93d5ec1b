import t from 'tap'
import { type MemberTree, withoutMembers } from '../../lib/json/without-members.ts'

const IN: MemberTree = new Map([['z', 'omitted']])
const TREE: MemberTree = new Map<string, MemberTree | 'omitted'>([
  ['z', 'omitted'],
  ['é"', 'omitted'],
  ['in', IN]
])

t.test('members are cut out, and every other character stays', async (t) => {
  const cases: [json: string, expected: string][] = [
    ['{"z":1,"n":12345678901234567890,"f":1.0,"m":-0}', '{"n":12345678901234567890,"f":1.0,"m":-0}'],
    ['{"f":1.0,"z":1}', '{"f":1.0}'],
    ['{"f":1.0,"z":1,"g":1e2}', '{"f":1.0,"g":1e2}'],
    ['{"z":1}', '{}'],
    ['{"z":1,"z":[2]}', '{}'],
    ['{"z":1,"a":1,"z":2,"z":3,"b":2,"z":4}', '{"a":1,"b":2}'],
    ['{"z":{"in":["}",{"a":"\\"]"}]},"a":1}', '{"a":1}'],
    [' { "z" : 1 , "a" : [ 1.0 , 2 ] , "z" : "x" } ', ' { "a" : [ 1.0 , 2 ] } '],
    ['{"a":"z","b":{"z":1.0},"in":1.0}', '{"a":"z","b":{"z":1.0},"in":1.0}'],
    [
      '{"in":{"z":1,"f":1.0},"in":[{"z":1},[ ],[{ }, {"f":1.0 ,"z":null}],"z",true]}',
      '{"in":{"f":1.0},"in":[{},[ ],[{ }, {"f":1.0}],"z",true]}'
    ],
    ['{"\\u007a":1,"a\\\\":"\\\\","\\u00e9\\"":"\\\\\\"","b":"\\\\\\\\"}', '{"a\\\\":"\\\\","b":"\\\\\\\\"}'],
    ['[1.0,{"z":1}]', '[1.0,{}]'],
    ['"z"', '"z"'],
    [' 1.0', ' 1.0'],
    ['[]', '[]']
  ]
  t.strictSame(
    cases.map(([json]) => withoutMembers(json, TREE)),
    cases.map(([, expected]) => expected)
  )
})

t.test('what is left has the values of an object whose members are deleted', async (t) => {
  const without = (value: unknown, tree: MemberTree): unknown => {
    if (Array.isArray(value)) return value.map((item) => without(item, tree))
    if (typeof value !== 'object' || value === null) return value
    const left = Object.entries(value).filter(([name]) => tree.get(name) !== 'omitted')
    return Object.fromEntries(
      left.map(([name, member]) => [name, name === 'in' && tree === TREE ? without(member, IN) : member])
    )
  }
  const values = [
    1,
    'a"}\\',
    { z: 1 },
    { z: [], in: { z: {} } },
    { in: [{ a: 1, z: 2 }, [{ z: 1, b: 2 }]] },
    [{ z: '' }]
  ]
  const pairs = values.flatMap((first) => values.map((second) => [first, second]))
  const objects = pairs.flatMap(([first, second]) => [
    [first, second],
    { a: first, z: second },
    { z: first, in: second },
    { in: first, y: second }
  ])
  t.strictSame(
    objects.flatMap((value) =>
      [0, 2].map((space) => JSON.parse(withoutMembers(JSON.stringify(value, null, space), TREE)))
    ),
    objects.flatMap((value) => [0, 2].map(() => without(value, TREE)))
  )
})
