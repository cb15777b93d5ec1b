import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { posix } from 'node:path'
import t from 'tap'
import app from '../../app.ts'
import { EnvSchema } from '../../lib/standalone/config.ts'
import * as errors from '../../lib/errors.ts'
import { EVOLUTION_EVENTS, eventKey } from '../../lib/events/catalogue.ts'
import rootRoute from '../../routes/root.ts'
import { API_KEY, bare } from '../support/build.ts'

const root = new URL('../../', import.meta.url)
const DOCUMENTS = [
  ...globSync('*.md', { cwd: root }),
  ...globSync('{docs,bench,examples}/**/*.md', { cwd: root })
].sort()
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')

/** Without code: what stands there is an example. */
function prose(markdown: string): string {
  return markdown.replace(/^```.*?^```$/gms, '')
}

/** The anchors that GitHub gives to headings: of several with one text, the later ones are numbered. */
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

/** Where a document's links lead, those to elsewhere left out. */
function links(markdown: string): string[] {
  return [...prose(markdown).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => decodeURI(target))
    .filter((target) => !/^[a-z]+:/.test(target))
}

t.test('anchors are those of GitHub', async (t) => {
  t.same(
    [...anchors('# What, and `why`?\n## Vários nós\n## Vários nós\n```sh\n# no heading\n```\n')],
    ['what-and-why', 'vários-nós', 'vários-nós-1']
  )
})

t.test('every link between documents leads somewhere', async (t) => {
  t.ok(DOCUMENTS.includes('README.md') && DOCUMENTS.includes('docs/scaling.md'))
  for (const document of DOCUMENTS) {
    for (const target of links(read(document))) {
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? document : posix.join(posix.dirname(document), path)
      t.ok(existsSync(new URL(file, root)), `${document}: ${target}`)
      if (anchor === undefined || statSync(new URL(file, root)).isDirectory()) continue
      t.ok(anchors(read(file)).has(anchor), `${document}: ${target} has its heading`)
    }
  }
})

t.test('both languages link to the same files', async (t) => {
  const files = (path: string) =>
    links(read(path))
      .filter((target) => !target.startsWith('#') && !target.startsWith('README'))
      .sort()
  t.same(files('README.pt-BR.md'), files('README.md'))
})

t.test('docs/README.md lists every guide', async (t) => {
  const listed = links(read('docs/README.md'))
  for (const name of globSync('*.md', { cwd: new URL('docs/', root) })) {
    if (name !== 'README.md') t.ok(listed.includes(name), name)
  }
})

/** Evolution API's own settings, which the way from it has to name. */
const FOREIGN =
  /^(S3_(PORT|USE_SSL|SKIP_POLICY|SAVE_VIDEO)|AUTHENTICATION_EXPOSE_IN_FETCH_INSTANCES|DATABASE_(PROVIDER|CONNECTION_URI))$/

t.test('metrics, codes, settings and routes that documents speak of are there', async (t) => {
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
  const keys = EVOLUTION_EVENTS.map(eventKey)
  const flags = keys.map((key) => `SQS_GLOBAL_${key}`)
  // IEV_URL is a setting of the command line.
  const known = new Set([...metrics, ...codes, ...settings, ...keys, ...flags, 'IEV_URL'])
  const areas = new Set(settings.map((name) => name.split('_')[0]))

  for (const document of DOCUMENTS) {
    for (const [, name = ''] of read(document).matchAll(/`([A-Za-z]+_[A-Za-z_]+)(?:=[^`]*)?`/g)) {
      const ours = /^iev_|^IEV_/.test(name) || (/^[A-Z]/.test(name) && areas.has(name.split('_')[0] as string))
      if (ours && !name.endsWith('_') && !FOREIGN.test(name)) t.ok(known.has(name), `${document}: ${name}`)
    }
    for (const [, route = ''] of read(document).matchAll(/`((?:GET|POST|PUT|DELETE) \/[^`?]*)/g)) {
      const pattern = new RegExp(`^${route.replace(/:\w+|<\w+>|\{\w+\}/g, ':\\w+')}$`)
      t.ok(
        routes.some((served) => pattern.test(served)),
        `${document}: ${route}`
      )
    }
  }
})
