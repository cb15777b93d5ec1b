import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import t, { type Test } from 'tap'
import app from '../../app.ts'
import { API_KEY } from '../support/build.ts'

/** Makes requests to the routes. @returns what a client sees of the replies */
async function walk(server: FastifyInstance, prefix: string) {
  const ask = async (method: 'GET' | 'POST' | 'DELETE' | 'HEAD', path: string, payload?: object | string) =>
    server.inject({
      method,
      url: `${prefix}${path}`,
      headers: { apikey: API_KEY, ...(typeof payload === 'string' && { 'content-type': 'text/plain' }) },
      ...(payload !== undefined && { payload })
    })
  const create = await ask('POST', '/instance/create', { instanceName: 'Vendas-SP', token: 'x'.repeat(200) })
  const accepted = await ask('POST', '/events/Vendas-SP', { event: 'call', data: { text: 'x'.repeat(2_000) } })
  const faults = await ask('POST', '/events/Vendas-SP', { event: 'call', data: 1, sender: 7, id: 9 })
  const page = await ask('GET', '/events/Vendas-SP?limit=1')
  const unknown = await ask('GET', '/events/nobody')
  return {
    create: [create.statusCode, create.json<{ hash: string }>().hash.length],
    accepted: [accepted.statusCode, accepted.json<{ offset: number }>().offset],
    faults: [faults.statusCode, faults.json<{ response: object }>().response],
    text: (await ask('POST', '/events/Vendas-SP', 'hello')).json<{ code: string }>().code,
    page: page.json<{ events: { instance: string }[] }>().events.map(({ instance }) => instance),
    unknown: unknown.json<object>(),
    found: (await ask('GET', '/websocket/find/Vendas-SP')).body,
    deleted: (await ask('DELETE', '/instance/delete/Vendas-SP')).statusCode,
    health: [(await ask('GET', '/health')).body, (await ask('GET', '/health')).headers['content-type']],
    documents: [(await ask('GET', '/docs/json')).statusCode, (await ask('GET', '/docs/asyncapi.json')).statusCode]
  }
}

const EXPECTED = {
  create: [201, 200],
  accepted: [202, 1],
  faults: [400, { message: ['body.id must be string', 'body.sender must be string or null'] }],
  text: 'IEV_UNSUPPORTED_MEDIA_TYPE',
  page: ['Vendas-SP'],
  unknown: {
    status: 404,
    error: 'Not Found',
    code: 'IEV_INSTANCE_NOT_FOUND',
    response: { message: ['The "nobody" instance does not exist'] },
    params: [{ code: 'IEV_INSTANCE_NOT_FOUND', values: ['nobody'] }]
  },
  found: 'null',
  deleted: 200,
  health: ['{"status":"ok"}', 'application/json; charset=utf-8'],
  documents: [200, 200]
}

/**
 * Opens a page and its first script as a browser does. @returns the status, type and caching of the page, and the status of
 * the script
 */
async function open(server: FastifyInstance, path: string) {
  const root = new URL('http://host')
  let url = new URL(path, root)
  for (let hops = 0; hops < 3; hops++) {
    const reply = await server.inject(url.pathname)
    if (reply.statusCode !== 308) {
      const script = /src="([^"]+)"/.exec(reply.body)?.[1] ?? ''
      const asset = await server.inject(new URL(script, url).pathname)
      return [reply.statusCode, reply.headers['content-type'], reply.headers['cache-control'], asset.statusCode]
    }
    url = new URL(String(reply.headers.location), url)
  }
  return 'a loop of redirections'
}

const CONSOLE = [200, 'text/html; charset=utf-8', 'no-cache', 200]
const DOCS = [200, 'text/html; charset=utf-8', undefined, 200]
const PAGES = {
  '/console': CONSOLE,
  '/console/': CONSOLE,
  '/console/index.html': CONSOLE,
  '/docs': DOCS,
  '/docs/': DOCS
}

async function assertAnswers(t: Test, server: FastifyInstance, prefix = ''): Promise<void> {
  const answers = await walk(server, prefix)
  const pages: [path: string, answer: unknown][] = []
  for (const path of Object.keys(PAGES)) pages.push([path, await open(server, prefix + path)])
  t.strictSame({ answers, pages: Object.fromEntries(pages) }, { answers: EXPECTED, pages: PAGES })
}

const options = { apiKey: API_KEY, eventLog: { url: ':memory:' }, sqs: false } as const

const SETTINGS: Record<string, FastifyServerOptions> = {
  'nothing set': {},
  ignoreTrailingSlash: { routerOptions: { ignoreTrailingSlash: true } },
  ignoreDuplicateSlashes: { routerOptions: { ignoreDuplicateSlashes: true } },
  'both of them': { routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true } },
  'caseSensitive: false': { routerOptions: { caseSensitive: false } },
  'exposeHeadRoutes: false': { exposeHeadRoutes: false },
  'return503OnClosing: false': { return503OnClosing: false },
  'a small bodyLimit': { bodyLimit: 100 },
  'Ajv’s options': {
    ajv: { customOptions: { allErrors: false, coerceTypes: 'array', removeAdditional: 'all', strict: true } }
  },
  'an own query parser': {
    routerOptions: { querystringParser: (text) => Object.fromEntries(new URLSearchParams(text)) }
  },
  'disableRequestLogging, trustProxy, no logger': { disableRequestLogging: true, trustProxy: true, logger: false },
  'one error handler only': { allowErrorHandlerOverride: false }
}

for (const [name, settings] of Object.entries(SETTINGS)) {
  t.test(`with ${name}, routes and pages answer as documented`, async (t) => {
    // Only settings of the router may interact with the prefix.
    for (const prefix of settings.routerOptions ? ['', '/hub'] : ['/hub']) {
      const server = Fastify(settings)
      t.after(() => server.close())
      await server.register(app, { ...options, prefix })
      await assertAnswers(t, server, prefix)
    }
  })
}

const COMPILERS: Record<string, (server: FastifyInstance) => unknown> = {
  setValidatorCompiler: (server) => server.setValidatorCompiler(() => () => ({ error: new Error('of the host') })),
  setSerializerCompiler: (server) => server.setSerializerCompiler(() => () => '"of the host"'),
  setReplySerializer: (server) => server.setReplySerializer(() => '"of the host"'),
  setSchemaErrorFormatter: (server) => server.setSchemaErrorFormatter(() => new Error('of the host')),
  setErrorHandler: (server) => server.setErrorHandler((_error, _request, reply) => reply.code(418).send('of the host')),
  setNotFoundHandler: (server) => server.setNotFoundHandler((_request, reply) => reply.code(418).send('of the host')),
  setChildLoggerFactory: (server) =>
    server.setChildLoggerFactory((logger, bindings, opts) => logger.child(bindings, opts)),
  setGenReqId: (server) => server.setGenReqId(() => 'of the host'),
  addSchema: (server) => server.addSchema({ $id: 'OfTheHost', type: 'string' }),
  'parsers of JSON and of text': (server) => {
    server.removeAllContentTypeParsers()
    server.addContentTypeParser('*', { parseAs: 'string' }, (_request, _body, done) => done(null, 'of the host'))
  }
}

for (const [name, set] of Object.entries(COMPILERS)) {
  t.test(`${name} of the host, before or after the plugin, does not change how routes and pages answer`, async (t) => {
    for (const before of [true, false]) {
      const server = Fastify()
      t.after(() => server.close())
      if (before) set(server)
      await server.register(app, options)
      if (!before) set(server)
      await assertAnswers(t, server)
    }
  })
}

t.test('a schema controller of the host is not used', async (t) => {
  const fail = () => () => () => {
    throw new Error('of the host')
  }
  const server = Fastify({ schemaController: { compilersFactory: { buildValidator: fail, buildSerializer: fail } } })
  t.after(() => server.close())
  await server.register(app, options)
  await assertAnswers(t, server)
})

t.test('in a context of the host with a prefix, routes and pages are under both prefixes', async (t) => {
  for (const own of ['', '/hub']) {
    const server = Fastify({ routerOptions: { ignoreTrailingSlash: true } })
    t.after(() => server.close())
    await server.register(async (context) => context.register(app, { ...options, prefix: own }), { prefix: '/api' })
    await assertAnswers(t, server, `/api${own}`)
  }
})

t.test('behind rewriteUrl, routes and pages answer at the path that the client uses', async (t) => {
  for (const ignoreTrailingSlash of [false, true]) {
    const server = Fastify({
      rewriteUrl: ({ url = '' }) => url.replace(/^\/outside/, ''),
      routerOptions: { ignoreTrailingSlash }
    })
    t.after(() => server.close())
    await server.register(app, options)
    await assertAnswers(t, server, '/outside')
  }
})
