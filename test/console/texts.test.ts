import t from 'tap'
import { preferredLanguage } from '../../console/texts/languages.ts'
import { en } from '../../console/texts/en.ts'
import { ptBr } from '../../console/texts/pt-br.ts'

/** What a text says, its parts that vary filled in, by its path. */
function flat(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]]
  if (typeof value === 'function') return [[path, (value as (...args: string[]) => string)('A1', 'B2', 'C3', 'D4')]]
  return Object.entries(value as object).flatMap(([name, inner]) => flat(inner, `${path}.${name}`))
}

t.test('no text is empty, and both languages fill in the same', async (t) => {
  const others = new Map(flat(ptBr))
  for (const [path, text] of flat(en)) {
    const other = others.get(path) ?? ''
    t.ok(text.trim() !== '' && other.trim() !== '', path)
    const filled = (of: string) => ['A1', 'B2', 'C3', 'D4'].filter((value) => of.includes(value))
    t.same(filled(other), filled(text), path)
  }
})

t.test('settings are called by their names in both', async (t) => {
  const names = (texts: unknown) => [...JSON.stringify(flat(texts)).matchAll(/[A-Z]+_[A-Z_]+/g)].map(String).sort()
  t.same(names(ptBr), names(en))
})

t.test('the language is the first of the browser’s that there is', async (t) => {
  for (const [wanted, language] of [
    [['pt-BR', 'en'], 'pt-BR'],
    [['pt-PT'], 'pt-BR'],
    [['de', 'pt', 'en'], 'pt-BR'],
    [['EN-us', 'pt-BR'], 'en'],
    [['de'], 'en'],
    [[], 'en']
  ] as const)
    t.equal(preferredLanguage(wanted), language, wanted.join())
})
