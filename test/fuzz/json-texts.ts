import * as fc from 'fast-check'

/** Names and values that often break programs, in JSON. */
const TRICKS = [
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"\\u0000"',
  '"a\\u0000b"',
  '"__proto__"',
  '"constructor"',
  '"\u2028"',
  '"\u{1F600}"',
  '""',
  '1e999',
  '-1e999',
  '-0',
  '1.0',
  '12345678901234567890',
  `1${'0'.repeat(400)}`,
  'null',
  'true',
  '[]',
  '{}'
]
const NO_JSON = [
  '',
  ' ',
  'NaN',
  '01',
  '+1',
  "'a'",
  '{a:1}',
  '[1,]',
  '"\u0001"',
  '\ufeff{}',
  '{"a":1}{',
  'undefined',
  '"\\x41"'
]

const leaf = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...TRICKS) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 50 }).map((text) => JSON.stringify(text)) },
  { weight: 1, arbitrary: fc.double().map(String) }
)
const name = fc.oneof(
  fc.constantFrom('"__proto__"', '"constructor"', '"toString"', '"data"', '"event"', '"events"', '"\\u0000"', '""'),
  fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => JSON.stringify(text))
)

/** JSON of every shape, mostly valid. */
export const jsonText: fc.Arbitrary<string> = fc.letrec<{ value: string; node: string }>((tie) => ({
  value: fc.oneof({ maxDepth: 5 }, leaf, tie('node')),
  node: fc.oneof(
    fc.array(tie('value'), { maxLength: 5 }).map((items) => `[${items.join()}]`),
    fc
      .array(fc.tuple(name, tie('value')), { maxLength: 5 })
      .map((members) => `{${members.map(([key, value]) => `${key}:${value}`).join()}}`)
  )
})).value

export const noJson = fc.constantFrom(...NO_JSON)

/** A large JSON text that is generated when it is sent, so that a failure prints in one line. */
export interface Bomb {
  bomb: keyof typeof BOMBS
  /** The approximate size in bytes. */
  size: number
}

const BOMBS = {
  arrays: (size: number) => '['.repeat(size),
  closedArrays: (size: number) => '['.repeat(size / 2) + ']'.repeat(size / 2),
  objects: (size: number) => '{"a":'.repeat(size / 6) + '1' + '}'.repeat(size / 6),
  emptyObjects: (size: number) => `[${repeated(size / 3, '{}')}]`,
  nulls: (size: number) => `[${repeated(size / 5, 'null')}]`,
  events: (size: number) => `[${repeated(size / 28, '{"event":"call","data":1e3}')}]`,
  members: (size: number) => `{"event":"call","data":1,${numbered(size / 12, (n) => `"m${n}":0`)}}`,
  dataMembers: (size: number) => `{"event":"call","data":{${numbered(size / 12, (n) => `"m${n}":0`)}}}`,
  deepData: (size: number) => `{"event":"call","data":${'['.repeat(size / 2)}${']'.repeat(size / 2)}}`,
  sameMember: (size: number) => `{${repeated(size / 6, '"a":1')}}`,
  digits: (size: number) => `{"event":"call","data":${'9'.repeat(size)}}`,
  text: (size: number) => `{"event":"call","data":"${'x'.repeat(size)}"}`,
  quotes: (size: number) => `{"event":"call","data":"${'\\"'.repeat(size / 2)}"}`,
  surrogates: (size: number) => `{"event":"call","data":"${'\\ud800'.repeat(size / 6)}"}`,
  unended: (size: number) => `{"event":"call","data":"${'\\\\'.repeat(size / 2)}`,
  spaces: (size: number) => ' '.repeat(size)
}

function repeated(count: number, text: string): string {
  return `${text},`.repeat(count).slice(0, -1)
}

function numbered(count: number, make: (n: number) => string): string {
  return Array.from({ length: count }, (_, n) => make(n)).join()
}

export function bomb(maxBytes: number): fc.Arbitrary<Bomb> {
  return fc.record({
    bomb: fc.constantFrom(...(Object.keys(BOMBS) as Bomb['bomb'][])),
    size: fc.oneof(
      fc.integer({ min: 12, max: Math.min(5_000, maxBytes) }),
      fc.integer({ min: 12, max: maxBytes }),
      fc.constant(maxBytes)
    )
  })
}

export function bombText({ bomb, size }: Bomb): string {
  return BOMBS[bomb](size)
}

/** Shapes that may be accepted in any size. */
const HARMLESS = new Set<Bomb['bomb']>(['text', 'quotes', 'surrogates', 'dataMembers'])
/** The size above which every other shape exceeds a limit: of depth, members, events or numbers. */
const TOO_MUCH = 30_000

/** Whether the server must refuse this: it exceeds a limit, or is not an event. */
export function isRefused({ bomb, size }: Bomb): boolean {
  return size > TOO_MUCH && !HARMLESS.has(bomb)
}
