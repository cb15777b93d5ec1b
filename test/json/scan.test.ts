import t from 'tap'
import { assertJson } from '../../lib/json/scan.ts'

/** What becomes of a text: nothing, or the error. */
function faultOf(text: string): string | undefined {
  try {
    assertJson(Buffer.from(text))
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** The same numbers below `limit` in every run. */
function numbers(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) % limit
  }
}

const SCALARS = ['1', '"a"', 'null', 'true', 'false', '-1.5e3', '0', '"\\u00e9\\n"', '1E+2', '"é"', '""', '-0']
const PIECES = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  '\\u12',
  'e',
  '-',
  '.',
  '0',
  'nul',
  ' ',
  '\n',
  '\u0001',
  '"a":'
]

t.test('the scanner accepts what JSON.parse accepts', async (t) => {
  const below = numbers(1)
  const generate = (depth: number): string => {
    const kind = below(depth > 4 ? 1 : 3)
    const space = ['', ' ', '\n\t', '\r'][below(4)]
    if (kind === 0) return SCALARS[below(SCALARS.length)] as string
    const items = Array.from(
      { length: below(4) },
      () => `${kind === 1 ? '' : `"k"${space}:`}${space}${generate(depth + 1)}`
    )
    return `${kind === 1 ? '[' : '{'}${items.join(`${space},`)}${space}${kind === 1 ? ']' : '}'}`
  }
  /** With a character taken out, something put in, or its end cut off. */
  const broken = (text: string): string => {
    const at = below(text.length + 1)
    const piece = PIECES[below(PIECES.length)] as string
    return [text.slice(0, at) + text.slice(at + 1), text.slice(0, at) + piece + text.slice(at), text.slice(0, at)][
      below(3)
    ] as string
  }
  const wrong: string[] = []
  let valid = 0
  for (let n = 0; n < 30_000; n++) {
    const text = n % 3 === 0 ? generate(0) : broken(generate(0))
    if (isJson(text)) valid++
    if (isJson(text) !== (faultOf(text) === undefined)) wrong.push(text)
  }
  t.strictSame(wrong, [])
  t.ok(valid > 10_000 && valid < 25_000, 'there were both')
})

t.test('what ends a long string is found wherever it is', async (t) => {
  for (const before of ['x', 'é', '\\n', '\u007f']) {
    for (let length = 250; length < 280; length++) {
      const text = `"${before.repeat(length)}"`
      t.equal(faultOf(text), undefined)
      for (const fault of ['\u0001', '\u001f', '\\x', '"']) t.ok(faultOf(`"${before.repeat(length)}${fault}xxxx"`))
    }
  }
})

t.test('the error for invalid JSON has its place', async (t) => {
  const places = {
    '': 'it ends too early',
    '[1': 'it ends too early',
    '{"a"': 'it ends too early',
    '"a': 'it ends too early',
    '"\\': 'it ends too early',
    '"\\u12': 'it ends too early',
    '"\\u1:': 'unexpected ":" at byte 4',
    '[1,]': 'unexpected "]" at byte 3',
    '[1 2]': 'unexpected "2" at byte 3',
    '{"a":1,}': 'unexpected "}" at byte 7',
    '{a:1}': 'unexpected "a" at byte 1',
    '{"a" 1}': 'unexpected "1" at byte 5',
    '1 é': 'unexpected "é" at byte 2',
    nulL: 'unexpected "L" at byte 3',
    '"\\x"': 'unexpected "x" at byte 2',
    '"\\u00g0"': 'unexpected "g" at byte 5',
    '"a\nb"': 'unexpected "\\n" at byte 2',
    '01': 'unexpected "1" at byte 1',
    '1.': 'it ends too early',
    '-a': 'unexpected "a" at byte 1',
    '1e+': 'it ends too early'
  }
  t.strictSame(
    Object.fromEntries(Object.keys(places).map((text) => [text, faultOf(text)])),
    Object.fromEntries(Object.entries(places).map(([text, fault]) => [text, `The body is not JSON: ${fault}`]))
  )
})

t.test('numbers that readers would turn into infinity are refused', async (t) => {
  const fine = [
    '9.99e307',
    '-1E+307',
    '1e-999',
    `${'9'.repeat(308)}`,
    `${'9'.repeat(400)}e-100`,
    '0.1e307',
    '1e00307',
    '0e999',
    '-0.00e+999',
    '0.1e308',
    `0.${'0'.repeat(1_000)}9e1308`
  ]
  t.strictSame(
    fine.map(faultOf),
    fine.map(() => undefined)
  )
  const told = (shown: string) =>
    `contains the number ${shown}: most JSON parsers cannot represent numbers of 1e308 or more`
  t.equal(faultOf('[1e999]'), told('1e999'))
  t.equal(faultOf('{"a":-1.5e308}'), told('-1.5e308'))
  t.equal(faultOf('0.01e310'), told('0.01e310'))
  t.equal(faultOf('9'.repeat(309)), told(`${'9'.repeat(20)}…`))
  t.equal(faultOf(`1e${'9'.repeat(1_000)}`), told(`1e${'9'.repeat(18)}…`))
})

t.test('a value has at most 100 levels, of arrays and of objects', async (t) => {
  const nested = (depth: number) => '{"a":['.repeat(depth / 2) + '1' + ']}'.repeat(depth / 2)
  t.equal(faultOf(`${nested(100)}`), undefined)
  t.equal(faultOf(`[${nested(98)},${nested(98)}]`), undefined)
  t.equal(faultOf(nested(102)), 'is nested deeper than 100 levels')
  t.equal(faultOf('['.repeat(5_000_000)), 'is nested deeper than 100 levels')
})
