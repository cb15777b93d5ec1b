import { globSync, readFileSync } from 'node:fs'
import t from 'tap'

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')

const PAGES = globSync('**/*.md', { cwd: new URL('docs/pt-BR/', root) }).sort()
const PAIRS = [
  ['README.md', 'README.pt-BR.md'],
  ...PAGES.map((page) => [`docs/${page}`, `docs/pt-BR/${page}`])
] as const

const BLOCK = /^( *)```(\w*)\n([^]*?)^ *```$/gm
/** Takes the place of a block without a language. */
const PLAIN = '(plain block)'

/** The levels of all headings, in order. */
function headings(markdown: string): number[] {
  return [...markdown.replaceAll(BLOCK, '').matchAll(/^(#+) /gm)].map(([, hashes = '']) => hashes.length)
}

/** What a section has besides paragraphs, which may be divided otherwise. */
interface Section {
  /** Items of its lists. Paragraphs that take the place of a list drop what one of the items says. */
  items: number
  /** Blocks without a language: drawings and output. Their text may be translated. */
  plainBlocks: number
}

/** The sections in order; the first one is what is before the first heading. */
function sections(markdown: string): Section[] {
  const found: Section[] = []
  let current: Section = { items: 0, plainBlocks: 0 }
  const withoutCode = markdown.replaceAll(BLOCK, (_block, _indent, language: string) => (language === '' ? PLAIN : ''))
  for (const line of withoutCode.split('\n')) {
    if (/^#+ /.test(line)) {
      found.push(current)
      current = { items: 0, plainBlocks: 0 }
    }
    if (/^ *(?:-|\d+\.) /.test(line)) current.items++
    if (line === PLAIN) current.plainBlocks++
  }
  return [...found, current]
}

/** The blocks of code, without their comments, which are translated. Drawings and text for people are translated, too. */
function code(markdown: string): string[] {
  return [...markdown.matchAll(BLOCK)]
    .filter(([, , language]) => language !== '' && language !== 'text')
    .map(
      ([, , language, text = '']) => `${language}\n${text.replaceAll(/^ +/gm, '').replaceAll(/ *(\/\/|#) .*$/gm, '')}`
    )
}

/** The code in the first cell of each row, table by table. Cells without code are translated. */
function tables(markdown: string): string[][] {
  return [...markdown.replaceAll(BLOCK, '').matchAll(/(?:^ *\|.*\|\n)+/gm)].map(([table]) =>
    table
      .trim()
      .split('\n')
      .map((row) => (/^ *\|((?:\\\||[^|])*)\|/.exec(row)?.[1]?.match(/`[^`]+`/g) ?? []).join(' '))
  )
}

for (const [english, portuguese] of PAIRS) {
  t.test(`${portuguese} has the headings, lists, code and tables of ${english}`, async (t) => {
    const parts = (path: string) => {
      const markdown = read(path)
      return {
        headings: headings(markdown),
        sections: sections(markdown),
        code: code(markdown),
        tables: tables(markdown)
      }
    }
    t.strictSame(parts(portuguese), parts(english))
  })
}

t.test('the guides that an operator needs are there in Portuguese', async (t) => {
  const needed = [
    'aws',
    'console',
    'consumers',
    'deploy',
    'disk-full',
    'faq',
    'from-evolution-api',
    'from-zero-to-production',
    'glossary',
    'hubs',
    'operations',
    'scaling',
    'security',
    'troubleshooting',
    'upgrading'
  ]
  t.strictSame(
    needed.filter((name) => !PAGES.includes(`${name}.md`)),
    []
  )
})
