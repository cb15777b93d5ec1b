import t from 'tap'
import { jsonFault } from '../../console/json-fault.ts'

t.test('a text that is JSON has no fault', async (t) => {
  for (const text of ['1', ' "a" ', '{}', '[]', '{"a":[1,{"b":null}],"c":"\\u00e9\\n"}', '-1.5e+3'])
    t.equal(jsonFault(text), undefined, text)
})

t.test('the fault is at the first character that cannot follow', async (t) => {
  const cases: [text: string, line: number, column: number, isEnd: boolean][] = [
    ['', 1, 1, true],
    ['{"a":', 1, 6, true],
    ['[1,', 1, 4, true],
    ['{"a":1', 1, 7, true],
    ['{\n  "a": 1,\n  b: 2\n}', 3, 3, false],
    ['{"a" 1}', 1, 6, false],
    ['{"a":1,}', 1, 8, false],
    ['[1 2]', 1, 4, false],
    ['[1,]', 1, 4, false],
    ['[1}', 1, 3, false],
    ["{'a':1}", 1, 2, false],
    ['{"a":01}', 1, 6, false],
    ['[true, nul]', 1, 8, false],
    ['["a\nb"]', 1, 2, false],
    ['1 2', 1, 3, false],
    ['{"a":"\\x"}', 1, 6, false]
  ]
  t.same(
    cases.map(([text]) => [text, jsonFault(text)]),
    cases.map(([text, line, column, isEnd]) => [text, { line, column, isEnd }])
  )
})
