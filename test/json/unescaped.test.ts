import t from 'tap'
import { cutBefore, unescaped } from '../../lib/json/unescaped.ts'

t.test('escapes of JSON text are replaced by their characters', async (t) => {
  const texts = ['plain', 'say "hi"', 'a\\b', '\\n', 'line\nnext\ttab\b\f\r', 'são', '🎉', '\u0000', 'a/b']
  for (const text of texts) t.equal(unescaped(JSON.stringify(text)), `"${text}"`)
  t.equal(unescaped('"\\u00e9\\u00C9\\/"'), '"éÉ/"')
})

t.test('a cut is never inside an escape', async (t) => {
  const json = JSON.stringify(['\\\\\\"x', 'n\n', '\u0001u0041', 'aaaaaaaaaaaa', '\\u0041']).repeat(3)
  const whole = unescaped(json)
  for (let size = 7; size < 30; size++) {
    const parts: string[] = []
    for (let at = 0; at < json.length;) {
      const next = cutBefore(json, at + size, at)
      parts.push(unescaped(json.slice(at, next)))
      t.ok(next > at)
      at = next
    }
    t.equal(parts.join(''), whole)
  }
})
