import t from 'tap'
import { preferredLanguage } from '../../console/texts/languages.ts'
import { en } from '../../console/texts/en.ts'
import { ptBr } from '../../console/texts/pt-br.ts'

/** All texts by their paths, with values filled in. */
function flat(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]]
  if (typeof value === 'function') return [[path, (value as (...args: string[]) => string)('A1', 'B2', 'C3', 'D4')]]
  return Object.entries(value as object).flatMap(([name, inner]) => flat(inner, `${path}.${name}`))
}

t.test('no text is empty, and both languages use the same values', async (t) => {
  const values = (texts: object) =>
    flat(texts).map(([path, text]) => [path, ['A1', 'B2', 'C3', 'D4'].filter((value) => text.includes(value))])
  t.same(values(ptBr), values(en))
  const empty = [...flat(en), ...flat(ptBr)].filter(([, text]) => text.trim() === '')
  t.same(empty, [])
})

t.test('both languages name the same settings', async (t) => {
  const names = (texts: unknown) => [...JSON.stringify(flat(texts)).matchAll(/[A-Z]+_[A-Z_]+/g)].map(String).sort()
  t.same(names(ptBr), names(en))
})

t.test('the language is the first supported one of the browser', async (t) => {
  const cases: [string[], string][] = [
    [['pt-BR', 'en'], 'pt-BR'],
    [['pt-PT'], 'pt-BR'],
    [['de', 'pt', 'en'], 'pt-BR'],
    [['EN-us', 'pt-BR'], 'en'],
    [['de'], 'en'],
    [[], 'en']
  ]
  t.same(
    cases.map(([wanted]) => preferredLanguage(wanted)),
    cases.map(([, language]) => language)
  )
})
