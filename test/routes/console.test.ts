import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyServerOptions } from 'fastify'
import t, { type Test } from 'tap'
import app from '../../app.ts'
import console, { isConsoleBuilt } from '../../routes/console.ts'
import { useConventions } from '../../routes/conventions.ts'
import { API_KEY, bare, build, folder } from '../support/build.ts'

type Served = { prefix?: string } & FastifyServerOptions

/** A server with the console alone, of these files. */
async function serve(t: Test, files: Record<string, string>, { prefix = '', ...options }: Served = {}) {
  const root = folder(t)
  mkdirSync(join(root, 'assets'))
  for (const [path, text] of Object.entries(files)) writeFileSync(join(root, path), text)
  const server = bare(t, options)
  const warnings: string[] = []
  server.log.warn = (message: unknown) => warnings.push(String(message))
  await server.register(
    async (scope) => {
      useConventions(scope)
      await scope.register(console, { folder: pathToFileURL(`${root}/`) })
    },
    { prefix }
  )
  await server.ready()
  return { server, warnings }
}

const FILES = { 'index.html': '<!doctype html>', 'assets/main-ABC.js': 'export {}', 'assets/main-DEF.css': 'a{}' }

t.test('the policy of the console allows only its own files and connections to its own server', async (t) => {
  const { server, warnings } = await serve(t, FILES)
  const page = await server.inject('/console/')
  t.equal(page.statusCode, 200)
  t.equal(page.body, '<!doctype html>')
  t.match(page.headers['content-type'], /^text\/html/)
  t.equal(page.headers['cache-control'], 'no-cache')
  t.match(page.headers, {
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin'
  })
  t.equal(
    page.headers['content-security-policy'],
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
  )
  t.same(warnings, [])
})

t.test('assets with a hash in their name are cached for a year', async (t) => {
  const { server } = await serve(t, FILES)
  for (const [path, type] of [
    ['main-ABC.js', /javascript/],
    ['main-DEF.css', /css/]
  ] as const) {
    const asset = await server.inject(`/console/assets/${path}`)
    t.equal(asset.statusCode, 200)
    t.match(asset.headers['content-type'], type)
    t.equal(asset.headers['cache-control'], 'public, max-age=31536000, immutable')
    t.equal(asset.headers['x-content-type-options'], 'nosniff')
  }
})

t.test('/console redirects to the page by a relative URL, which works behind proxies', async (t) => {
  for (const prefix of ['', '/events-hub']) {
    const { server } = await serve(t, FILES, { prefix })
    const reply = await server.inject(`${prefix}/console`)
    t.equal(reply.statusCode, 308)
    t.equal(reply.headers.location, 'console/')
    t.equal((await server.inject(`${prefix}/console/`)).statusCode, 200)
  }
})

t.test('the page is at /console/ where the host ignores trailing slashes, too', async (t) => {
  const { server } = await serve(t, FILES, { routerOptions: { ignoreTrailingSlash: true } })
  t.match(await server.inject('/console'), { statusCode: 308, headers: { location: 'console/' } })
  const page = await server.inject('/console/')
  t.match(page, { statusCode: 200, body: '<!doctype html>', headers: { 'cache-control': 'no-cache' } })
})

t.test('the console serves no file outside of its folder', async (t) => {
  const { server } = await serve(t, FILES)
  for (const path of ['../package.json', '..%2fpackage.json', '%2e%2e/%2e%2e/etc/passwd', '....//x', '.env', 'nothing'])
    t.match((await server.inject(`/console/${path}`)).statusCode, /^(403|404)$/, path)
})

t.test('a console that is not built answers with the command to build it, and warns once', async (t) => {
  const { server, warnings } = await serve(t, {})
  for (const path of ['/console', '/console/', '/console/assets/main-ABC.js']) {
    const reply = await server.inject(path)
    t.equal(reply.statusCode, 404, path)
    t.match(reply.json(), { code: 'IEV_CONSOLE_NOT_BUILT', response: { message: [/npm run build:console/] } })
  }
  t.equal(warnings.length, 1)
  t.match(warnings[0], /npm run build:console/)
})

t.test('the console is built if its page exists', async (t) => {
  const root = folder(t)
  const url = pathToFileURL(`${root}/`)
  t.equal(isConsoleBuilt(url), false)
  writeFileSync(join(root, 'index.html'), '<!doctype html>')
  t.equal(isConsoleBuilt(url), true)
})

t.test('console: false adds no route', async (t) => {
  const server = await build(t, { sqs: false, console: false })
  t.equal((await server.inject('/console')).statusCode, 404)
  t.equal((await server.inject('/console/')).statusCode, 404)
})

t.test('the console is not in the OpenAPI document', async (t) => {
  const server = await build(t, { sqs: false, docs: true })
  const { paths } = (await server.inject('/docs/json')).json<{ paths: object }>()
  t.notMatch(Object.keys(paths).join(), /console/)
})

t.test('a host with @fastify/static still serves its own files', async (t) => {
  const root = folder(t)
  writeFileSync(join(root, 'own.txt'), 'of the host')
  const server = bare(t)
  await server.register(fastifyStatic, { root })
  await server.register(app, { apiKey: API_KEY, eventLog: { url: ':memory:' }, sqs: false, prefix: '/hub' })
  t.equal((await server.inject('/own.txt')).body, 'of the host')
  t.equal((await server.inject('/hub/console')).statusCode, 308)
  t.equal((await server.inject('/own.txt')).headers['content-security-policy'], undefined)
})
