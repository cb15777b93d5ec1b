import rateLimit from '@fastify/rate-limit'
import underPressure from '@fastify/under-pressure'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import app from '../../app.ts'
import { API_KEY, bare } from '../support/build.ts'

const OPTIONS = { apiKey: API_KEY, eventLog: { url: ':memory:' }, sqs: false, docs: false, console: false } as const

/** A host that is set up by `before`, and then registers the plugin. */
async function host(t: Test, before: (server: FastifyInstance) => unknown): Promise<FastifyInstance> {
  const server = bare(t)
  await before(server)
  await server.register(app, OPTIONS)
  return server
}

async function post(server: FastifyInstance, apikey = 'wrong', url = '/events/sales') {
  const payload = { event: 'call', data: 1 }
  const { statusCode, headers, body } = await server.inject({ method: 'POST', url, headers: { apikey }, payload })
  const { code, response } = JSON.parse(body) as { code?: string; response?: { message: string[] } }
  return { statusCode, headers, code, message: response?.message }
}

for (const hook of ['onRequest', 'preParsing'] as const) {
  t.test(
    `a rate limit in ${hook} counts requests with wrong keys, and its refusal keeps its status, message and headers`,
    async (t) => {
      const server = await host(t, (app) => app.register(rateLimit, { max: 2, hook }))
      const answers = [await post(server), await post(server), await post(server), await post(server, API_KEY)]
      t.same(
        answers.map(({ statusCode, code }) => [statusCode, code]),
        [
          [401, 'IEV_UNAUTHORIZED'],
          [401, 'IEV_UNAUTHORIZED'],
          [429, 'HTTP_429'],
          [429, 'HTTP_429']
        ]
      )
      t.match(answers[2], {
        message: [/^Rate limit exceeded/],
        headers: { 'x-ratelimit-limit': '2', 'x-ratelimit-remaining': '0', 'retry-after': /^\d+$/ }
      })
    }
  )
}

t.test('requests with wrong keys run a host’s onRequest and preParsing hooks, but no later ones', async (t) => {
  const seen: string[] = []
  const server = await host(t, (app) => {
    for (const hook of ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const)
      app.addHook(hook, async ({ headers }: FastifyRequest) => void seen.push(`${hook} ${String(headers.apikey)}`))
  })
  await post(server)
  await post(server, API_KEY)
  t.same(seen, [
    'onRequest wrong',
    'preParsing wrong',
    `onRequest ${API_KEY}`,
    `preParsing ${API_KEY}`,
    `preValidation ${API_KEY}`,
    `preHandler ${API_KEY}`
  ])
})

t.test('onRequest hooks that a host adds after the plugin also run before keys are checked', async (t) => {
  const server = await host(t, () => {})
  server.addHook('onRequest', async () => Promise.reject(Object.assign(new Error('busy'), { statusCode: 503 })))
  t.match(await post(server), { statusCode: 503, code: 'HTTP_503', message: ['busy'] })
})

t.test('@fastify/under-pressure keeps its status, code and Retry-After, also on /ready', async (t) => {
  const server = await host(t, (app) =>
    app.register(underPressure, { healthCheck: async () => false, healthCheckInterval: 60_000, retryAfter: 50 })
  )
  const refused = { statusCode: 503, code: 'FST_UNDER_PRESSURE', headers: { 'retry-after': '50' } }
  t.match(await post(server), refused)
  const ready = await server.inject('/ready')
  t.match(ready.json(), { status: 503, error: 'Service Unavailable', code: 'FST_UNDER_PRESSURE', response: {} })

  class Busy extends Error {}
  const own = await host(t, (app) =>
    app.register(underPressure, { healthCheck: async () => false, healthCheckInterval: 60_000, customError: Busy })
  )
  t.match(await post(own), { statusCode: 503, code: 'HTTP_503', message: ['Service Unavailable'] })
})

t.test(
  'errors of a host’s hooks keep their status, code, message and headers, but a 500 shows none of them',
  async (t) => {
    const thrown: [unknown, { statusCode: number; code: string; message: string[]; headers?: object }][] = [
      [
        Object.assign(new Error('of a newer Fastify'), { statusCode: 400, code: 'FST_ERR_NEWER' }),
        { statusCode: 400, code: 'IEV_VALIDATION', message: ['of a newer Fastify'] }
      ],
      [
        Object.assign(new Error('no cookie'), { statusCode: 401, code: 'HOST_NO_COOKIE' }),
        { statusCode: 401, code: 'HOST_NO_COOKIE', message: ['no cookie'] }
      ],
      [
        Object.assign(new Error('away'), { status: 503, headers: { 'retry-after': 7, 'x-of-host': 'yes' } }),
        { statusCode: 503, code: 'HTTP_503', message: ['away'], headers: { 'retry-after': '7', 'x-of-host': 'yes' } }
      ],
      [
        { statusCode: 429, code: 42, error: 'Too Many Requests' },
        { statusCode: 429, code: 'HTTP_429', message: ['Too Many Requests'] }
      ],
      [
        Object.assign(new Error('not implemented'), { statusCode: 501 }),
        { statusCode: 501, code: 'HTTP_501', message: ['not implemented'] }
      ],
      [
        Object.assign(new Error('secret'), { statusCode: 500, code: 'HOST_SECRET', headers: { 'x-secret': 'yes' } }),
        { statusCode: 500, code: 'IEV_INTERNAL', message: [/the log of the server/] as never }
      ],
      [
        Object.assign(new Error('secret'), { statusCode: 200 }),
        { statusCode: 500, code: 'IEV_INTERNAL', message: [/the log of the server/] as never }
      ],
      ['secret', { statusCode: 500, code: 'IEV_INTERNAL', message: [/the log of the server/] as never }]
    ]
    const answers = thrown.map(async ([error]) => {
      const server = await host(t, (app) => app.addHook('onRequest', async () => Promise.reject(error)))
      return post(server, API_KEY)
    })
    // Only our own 401 has a challenge.
    const absent = { 'x-secret': undefined, 'www-authenticate': undefined }
    t.match(
      await Promise.all(answers),
      thrown.map(([, answer]) => ({ ...answer, headers: { ...absent, ...answer.headers } }))
    )
  }
)
