import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { posix } from 'node:path'
import t from 'tap'
import app from '../../app.ts'
import { EnvSchema } from '../../lib/standalone/settings.ts'
import * as errors from '../../lib/errors.ts'
import { EventCatalogue } from '../../lib/events/catalogue.ts'
import { HUB_NAMES } from '../../lib/hubs/hub.ts'
import rootRoute from '../../routes/root.ts'
import { API_KEY, bare } from '../support/build.ts'

const root = new URL('../../', import.meta.url)
const DOCUMENTS = [
  ...globSync('*.md', { cwd: root }),
  ...globSync('{docs,bench,examples}/**/*.md', { cwd: root })
].sort()
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')

/** A document without its blocks of code, whose links and headings are examples. */
function prose(markdown: string): string {
  return markdown.replace(/^```.*?^```$/gms, '')
}

/** The anchors that GitHub gives to headings: it numbers the second and later ones with the same text. */
function anchors(markdown: string): Set<string> {
  const seen = new Map<string, number>()
  const headings = [...prose(markdown).matchAll(/^#+ +(.+)$/gm)].map(([, text = '']) =>
    text
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '')
      .replaceAll(' ', '-')
  )
  return new Set(
    headings.map((slug) => {
      const times = seen.get(slug) ?? 0
      seen.set(slug, times + 1)
      return times === 0 ? slug : `${slug}-${times}`
    })
  )
}

/** The targets of a document's links within the repository. */
function links(markdown: string): string[] {
  return [...prose(markdown).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => decodeURI(target))
    .filter((target) => !/^[a-z]+:/.test(target))
}

t.test('this test derives anchors as GitHub does', async (t) => {
  t.same(
    [...anchors('# What, and `why`?\n## Vários nós\n## Vários nós\n```sh\n# no heading\n```\n')],
    ['what-and-why', 'vários-nós', 'vários-nós-1']
  )
})

/** Whether the file that a link names exists and has the heading that it names. */
function leadsSomewhere(document: string, target: string): boolean {
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? document : posix.join(posix.dirname(document), path)
  if (!existsSync(new URL(file, root))) return false
  return anchor === undefined || statSync(new URL(file, root)).isDirectory() || anchors(read(file)).has(anchor)
}

t.test('every link within the repository leads to a file and a heading that exist', async (t) => {
  t.ok(DOCUMENTS.includes('README.md') && DOCUMENTS.includes('docs/scaling.md'))
  const all = DOCUMENTS.flatMap((document) => links(read(document)).map((target) => ({ document, target })))
  t.ok(all.length > 100)
  t.strictSame(
    all.filter(({ document, target }) => !leadsSomewhere(document, target)),
    []
  )
})

t.test('documents in Portuguese link to those in Portuguese where there are any', async (t) => {
  const translated = DOCUMENTS.filter((path) => path.startsWith('docs/pt-BR/') || path === 'README.pt-BR.md')
  const found = translated.flatMap((document) =>
    links(read(document)).flatMap((target) => {
      const file = posix.join(posix.dirname(document), target.replace(/#.*/, ''))
      const translation = file === 'README.md' ? 'README.pt-BR.md' : file.replace(/^docs\//, 'docs/pt-BR/')
      // The first line of each links to the other language.
      return file !== document && translation !== file && translated.includes(translation) && translation !== document
        ? [{ document, target }]
        : []
    })
  )
  t.strictSame(found, [])
})

t.test('README.md and README.pt-BR.md link to the same files, or to their translations', async (t) => {
  const files = (path: string) =>
    links(read(path))
      .filter((target) => !target.startsWith('#') && !target.startsWith('README'))
      .map((target) => target.replace('docs/pt-BR/', 'docs/').replace(/#.*/, ''))
      .sort()
  t.same(files('README.pt-BR.md'), files('README.md'))
})

t.test('README.md and README.pt-BR.md fit on 250 lines, and have the same commands', async (t) => {
  const [english = '', portuguese = ''] = ['README.md', 'README.pt-BR.md'].map(read)
  t.ok(english.split('\n').length <= 250 && portuguese.split('\n').length <= 250)
  const commands = (markdown: string) => markdown.match(/^```sh$.*?^```$/gms)
  t.same(commands(portuguese), commands(english))
})

for (const folder of ['docs/', 'docs/pt-BR/']) {
  t.test(`${folder}README.md lists every guide`, async (t) => {
    const listed = new Set(['README.md', ...links(read(`${folder}README.md`))])
    const guides = globSync('{,reference/}*.md', { cwd: new URL(folder, root) })
    t.strictSame(
      guides.filter((name) => !listed.has(name)),
      []
    )
  })
}

t.test('the list of guides in Portuguese marks those that are only in English', async (t) => {
  const rows = read('docs/pt-BR/README.md').matchAll(/^\| \[.*\]\(([^)]*)\)( \(em inglês\))? \|/gm)
  const marks = Array.from(rows, ([, target = '', mark]) => ({ target, marked: mark !== undefined }))
  t.ok(marks.some(({ marked }) => marked))
  t.strictSame(
    marks.filter(({ target, marked }) => marked !== target.startsWith('../')),
    []
  )
})

/** Settings of Evolution API that the guide for moving from it names. */
const FOREIGN =
  /^(S3_(PORT|USE_SSL|SKIP_POLICY|SAVE_VIDEO)|AUTHENTICATION_EXPOSE_IN_FETCH_INSTANCES|DATABASE_(PROVIDER|CONNECTION_URI)|WEBHOOK_(RETRY_MAX_ATTEMPTS|URL|FILES|GLOBAL_.*|EVENTS_.*))$/

t.test('metrics, error codes, settings and routes in the documents exist', async (t) => {
  const server = bare(t)
  const routes: string[] = []
  server.addHook('onRoute', ({ method, url }) => void routes.push(`${String(method)} ${url}`))
  await server.register(app, { apiKey: API_KEY, eventLog: { url: ':memory:' }, sqs: { region: 'x' } })
  await server.register(rootRoute, { docs: true, console: true })
  await server.ready()
  const registry = await server.eventLog.metrics.registry()
  const metrics = registry.getMetricsAsArray().map(({ name }) => name)
  const codes = Object.entries(errors).flatMap(([name, value]) => {
    if (typeof value === 'string') return [value]
    return name.endsWith('Error') ? [new (value as unknown as new () => { code: string })().code] : []
  })
  const settings = Object.keys(EnvSchema.properties)
  const keys = new EventCatalogue({ hubs: HUB_NAMES }).events.map(({ key }) => key)
  const flags = keys.map((key) => `SQS_GLOBAL_${key}`)
  // IEV_URL is a setting of the command line.
  const known = new Set([...metrics, ...codes, ...settings, ...keys, ...flags, 'IEV_URL'])
  const areas = new Set(settings.map((name) => name.split('_')[0]))

  const ours = (name: string) =>
    !name.endsWith('_') &&
    !FOREIGN.test(name) &&
    (/^iev_|^IEV_/.test(name) || (/^[A-Z]/.test(name) && areas.has(name.split('_')[0])))
  const matches = (pattern: RegExp) =>
    DOCUMENTS.flatMap((document) =>
      Array.from(read(document).matchAll(pattern), ([, text = '']) => ({ document, text }))
    )
  const names = matches(/`([A-Za-z]+_[A-Za-z_]+)(?:=[^`]*)?`/g).filter(({ text }) => ours(text))
  const paths = matches(/`((?:GET|POST|PUT|DELETE) \/[^`?]*)/g)
  t.ok(names.length > 100 && paths.length > 50)
  t.strictSame(
    names.filter(({ text }) => !known.has(text)),
    []
  )
  t.strictSame(
    paths.filter(({ text }) => {
      const pattern = new RegExp(`^${text.replace(/:\w+|<\w+>|\{\w+\}/g, ':\\w+')}$`)
      return !routes.some((served) => pattern.test(served))
    }),
    []
  )
})
