import t from 'tap'
import { canonicalJson } from '../../lib/json/canonical-json.ts'

/** The canonical form, and the number of slices in which it was made. */
function inSlices(json: string): [canonical: string, slices: number] {
  const made = canonicalJson(json)
  let slices = 1
  for (let step = made.next(); ; step = made.next(), slices++) if (step.done) return [step.value, slices]
}

const canonical = (json: string) => inSlices(json)[0]
const nested = (depth: number, inner = '') => '['.repeat(depth) + inner + ']'.repeat(depth)
const numbered = (count: number, text: (n: number) => string) => Array.from({ length: count }, (_, n) => text(n))

/** Texts of one value each. */
const SAME: Record<string, string[]> = {
  'space between parts': ['{"a":[1,{"b":null}]}', ' { "a" :\n[ 1 ,\t{ "b" : null } ] }\r\n'],
  'order of members': ['{"a":1,"b":{"c":2,"d":3}}', '{"b":{"d":3,"c":2},"a":1}'],
  'order of names that are numbers': ['{"2":1,"10":2}', '{"10":2,"2":1}'],
  escapes: ['"é\\n/\\u0001\\"\\\\😀"', '"\\u00E9\\u000a\\/\\u0001\\u0022\\u005c\\ud83d\\uDE00"'],
  'escapes in names': ['{"\\u00e9":1,"b":2}', '{"b":2,"é":1}'],
  'half a pair': ['"\\ud83d"', '"\\uD83D"'],
  'escapes in a long string': [`"${'😀'.repeat(50_000)}"`, `"${'\\ud83d\\ude00'.repeat(50_000)}"`],
  'a long list': [`[${numbered(60_000, String).join()}]`, `[ ${numbered(60_000, String).join(' , ')} ]`],
  'very many members': [
    `{${numbered(20_000, (n) => `"${n}":${n}`).join()}}`,
    `{${numbered(20_000, (n) => `"${n}":${n}`)
      .toReversed()
      .join()}}`
  ],
  'a repeated member': ['{"a":1,"b":0,"a":2}', '{"b":0,"a":1,"a":2}'],
  'a member called __proto__': ['{"__proto__":{"a":1},"b":2}', '{"b":2,"__proto__":{"a":1}}']
}

/** Texts of different values. */
const DIFFERENT: Record<string, string[]> = {
  'numbers beyond 2^53': ['9007199254740992', '9007199254740993', '90071992547409921'],
  types: ['1', '"1"', '[1]', '{"1":1}', 'true', '"true"', 'null', '"null"', '""', '[]', '{}', '[[]]', '[{}]'],
  'parts of a list': ['["a","b"]', '["a,b"]', '["a\\",\\"b"]', '["b","a"]', '["a",["b"]]', '[["a"],"b"]'],
  'names and values': ['{"a":"b"}', '{"b":"a"}', '["a","b"]', '{"a":["b"]}', '{"a:b":""}', '{"":"a:b"}'],
  'order of repeated members': ['{"a":1,"a":2}', '{"a":2,"a":1}', '{"a":2}'],
  __proto__: ['{"__proto__":{"a":1}}', '{"__proto__":{"a":2}}', '{}'],
  'forms of a letter': ['"\\u00e9"', '"e\\u0301"', '"E"'],
  'halves of pairs': ['"\\ud83d"', '"\\ude00"', '"\\ud83d\\ude00"', '"\\ude00\\ud83d"'],
  depth: numbered(100, (n) => nested(n + 1)),
  'what is deep inside': [nested(100, '1'), nested(100, '2')],
  'the end of something long': ['1', '2'].map((end) => `{"a":[${'0,'.repeat(100_000)}${end}]}`),
  'the end of a long string': ['a', 'b'].map((end) => `["${'\\n'.repeat(100_000)}${end}"]`),
  'a digest and what has it': [
    `[${'1,'.repeat(40_000)}1]`,
    JSON.stringify(canonical(`[${'1,'.repeat(40_000)}1]`)),
    `["${'1,'.repeat(40_000)}1"]`
  ]
}

t.test('a value has one canonical form, however it is written', async (t) => {
  const made = Object.entries(SAME).map(([what, texts]) => [what, new Set(texts.map(canonical)).size])
  t.strictSame(
    made,
    Object.keys(SAME).map((what) => [what, 1])
  )
})

t.test('different values have different canonical forms', async (t) => {
  const made = Object.entries(DIFFERENT).map(([what, texts]) => [what, new Set(texts.map(canonical)).size])
  t.strictSame(
    made,
    Object.entries(DIFFERENT).map(([what, texts]) => [what, texts.length])
  )
})

t.test('the canonical form of a short value is readable, that of a long one is short', async (t) => {
  t.equal(canonical(' {"b" : [1.50, -0, "\\u00e9"], "a":{} }'), '{"a":{},"b":[1.50,-0,"é",],}')
  t.match(canonical(`{"a":[${'1,'.repeat(100_000)}1],"b":2}`), /^\{"a":#[\w-]{43},"b":2,\}$/)
})

t.test('a large value is read in slices', async (t) => {
  const large = {
    numbers: `[${'1,'.repeat(500_000)}1]`,
    objects: `[${'{"a":"\\n"},'.repeat(100_000)}1]`,
    members: `{${numbered(200_000, (n) => `"${n * 7919}":1`).join()}}`,
    'a string of escapes': `"${'\\\\'.repeat(500_000)}"`
  }
  const slices = Object.entries(large).map(([what, json]) => [what, inSlices(json)[1] > 3])
  t.strictSame(
    slices,
    Object.keys(large).map((what) => [what, true])
  )
})
