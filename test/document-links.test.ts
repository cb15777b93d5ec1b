import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import t from 'tap'
import app from '../app.ts'
import { EnvSchema } from '../lib/config.ts'
import * as errors from '../lib/errors.ts'
import { EVOLUTION_EVENTS, eventKey } from '../lib/events.ts'
import { API_KEY, bare } from './support/build.ts'

const root = new URL('../', import.meta.url)
const guides = readdirSync(new URL('docs', root)).filter((name) => name.endsWith('.md'))
const documents = ['README.md', 'README.pt-BR.md', 'SECURITY.md', ...guides.map((name) => `docs/${name}`)]
const read = (path: string | URL) => readFileSync(new URL(path, root), 'utf8')

/** Without what is shown of programs and files: their brackets and hashes mean something else. */
function prose(markdown: string): string {
  return markdown.replace(/^ *```[^]*?^ *```$/gm, '')
}

/** The fragments by which GitHub lets headings be linked. */
function anchors(markdown: string): string[] {
  return [...prose(markdown).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .replaceAll(' ', '-')
  )
}

for (const document of documents) {
  t.test(`links of ${document} lead somewhere`, async (t) => {
    for (const [, target = ''] of prose(read(document)).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue
      const url = new URL(target, new URL(document, root))
      const fragment = decodeURIComponent(url.hash.slice(1))
      url.hash = ''
      if (!t.ok(existsSync(url), target) || fragment === '') continue
      t.ok(statSync(url).isFile() && anchors(read(url)).includes(fragment), `${target} is a heading`)
    }
  })
}

t.test('docs/README.md lists every guide', async (t) => {
  const index = read('docs/README.md')
  for (const name of guides) if (name !== 'README.md') t.ok(index.includes(`](${name})`), name)
})

/** Evolution API's own, which the guides speak of. */
const FOREIGN =
  /^(WEBHOOK_|S3_(PORT|USE_SSL|SKIP_POLICY|SAVE_VIDEO)$|AUTHENTICATION_EXPOSE_|DATABASE_(PROVIDER|CONNECTION_URI)$)/

t.test('settings, codes and routes that guides name are in the code', async (t) => {
  const flags = EVOLUTION_EVENTS.map((name) => `SQS_GLOBAL_${eventKey(name)}`)
  const settings = new Set([...Object.keys(EnvSchema.properties), ...flags])
  const codes = new Set(
    Object.values(errors).map((value) =>
      typeof value === 'function' && value.name === 'FastifyError'
        ? new (value as unknown as new () => { code: string })().code
        : value
    )
  )
  for (const match of read('lib/client/types.ts').matchAll(/IEV_CLIENT_\w+/g)) codes.add(match[0])
  // No code, but a variable of the command line.
  codes.add('IEV_URL')
  const routes = new Set<string>()
  const server = bare(t)
  server.addHook('onRoute', ({ method, url }) => void routes.add(`${String(method)} ${url}`))
  await server.register(app, { apiKey: API_KEY, docs: false, eventStore: { url: ':memory:' }, sqs: { region: 'x' } })
  await server.ready()

  for (const name of guides) {
    const markdown = read(`docs/${name}`)
    const all = (pattern: RegExp) => [...markdown.matchAll(pattern)].map(([, found = '']) => found)
    for (const setting of all(
      /\b((?:SERVER|CORS|TRUST|LOG|BODY|DOCS|DATABASE|EVENT|AUTO|EXPOSE|EXTRA|SQS|S3|WEBSOCKET|AUTHENTICATION)_[A-Z0-9_]*[A-Z0-9])\b(?!_)/g
    ))
      t.ok(settings.has(setting) || FOREIGN.test(setting), `${name}: ${setting}`)
    for (const code of all(/\b(IEV_[A-Z0-9_]*[A-Z0-9])\b(?!_)/g)) t.ok(codes.has(code), `${name}: ${code}`)
    for (const route of all(/`((?:GET|POST|PUT|DELETE) \/[\w./:-]+)/g))
      t.ok(routes.has(route.replace(/\/(sales|support)$/, '/:instance')), `${name}: ${route}`)
  }
})
