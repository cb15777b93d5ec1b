import t, { type Test } from 'tap'
import { API_KEY, folder } from '../support/build.ts'
import { startStandalone } from '../support/standalone.ts'

const ORIGIN = 'https://app.example'

async function start(t: Test, CORS_ORIGIN: string) {
  const env = { CORS_ORIGIN, SQS_ENABLED: 'false', AUTHENTICATION_API_KEY: API_KEY, LOG_LEVEL: 'warn' }
  return (await startStandalone(t, { cwd: folder(t), env })).url
}

/** The CORS headers of an answer. */
async function seen(url: string, { method = 'GET', ...headers }: Record<string, string> = {}, origin = ORIGIN) {
  const reply = await fetch(url, { method, headers: { origin, ...headers } })
  const shown = (name: string) => reply.headers.get(`access-control-${name}`)
  return {
    status: reply.status,
    origin: shown('allow-origin'),
    credentials: shown('allow-credentials'),
    methods: shown('allow-methods'),
    exposed: shown('expose-headers')
  }
}

const preflight = (method: string) => ({
  method: 'OPTIONS',
  'access-control-request-method': method,
  'access-control-request-headers': 'apikey,content-type'
})

t.test(
  'pages of a listed origin may use every method, send credentials and read Retry-After and X-Total-Count',
  async (t) => {
    const url = await start(t, `https://other.example,${ORIGIN}`)
    const allowed = { origin: ORIGIN, credentials: 'true', exposed: 'Retry-After, X-Total-Count' }
    for (const method of ['DELETE', 'PUT', 'POST']) {
      t.match(await seen(`${url}/instance/delete/a`, preflight(method)), {
        ...allowed,
        status: 204,
        methods: new RegExp(method)
      })
    }
    t.match(await seen(`${url}/instance/fetchInstances`), { ...allowed, status: 401 })
    t.match(await seen(`${url}/socket.io/?EIO=4&transport=polling`), {
      origin: ORIGIN,
      credentials: 'true',
      status: 200
    })
    const stranger = await seen(`${url}/instance/fetchInstances`, {}, 'https://evil.example')
    t.not(stranger.origin, 'https://evil.example')
  }
)

t.test('with any origin, pages may not send credentials', async (t) => {
  const url = await start(t, '*')
  t.match(await seen(`${url}/instance/delete/a`, preflight('DELETE')), {
    origin: '*',
    credentials: null,
    methods: /DELETE/
  })
  t.match(await seen(`${url}/instance/fetchInstances`), {
    origin: '*',
    credentials: null,
    exposed: 'Retry-After, X-Total-Count'
  })
  t.match(await seen(`${url}/socket.io/?EIO=4&transport=polling`), { origin: '*', credentials: null })
})

t.test('an OPTIONS request that is no preflight is refused as JSON', async (t) => {
  const url = await start(t, '*')
  for (const headers of [{}, { origin: ORIGIN }, { 'access-control-request-method': 'POST' }]) {
    const reply = await fetch(`${url}/events/sales`, { method: 'OPTIONS', headers })
    t.match(await reply.json(), {
      status: 400,
      code: 'IEV_VALIDATION',
      response: {
        message: [/^OPTIONS is for CORS preflights: send the headers origin and access-control-request-method$/]
      }
    })
    t.equal(reply.status, 400)
  }
})
