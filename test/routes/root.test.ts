import cors from '@fastify/cors'
import t, { type Test } from 'tap'
import { packageVersion } from '../../lib/package-version.ts'
import root, { type RootRouteOptions } from '../../routes/root.ts'
import { bare } from '../support/build.ts'

/** As Chromium sends it. */
const BROWSER = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }
const BOTH = { docs: true, console: true }

async function ask(t: Test, options: RootRouteOptions, headers: Record<string, string> = {}) {
  const server = bare(t)
  await server.register(root, options)
  const {
    statusCode,
    headers: replied,
    body
  } = await server.inject({ url: '/', headers: { host: 'hub:8080', ...headers } })
  return { status: statusCode, location: replied.location, vary: replied.vary, body: body && JSON.parse(body) }
}

t.test('a browser is redirected to the console, or to the documentation if there is no console', async (t) => {
  t.match(await ask(t, BOTH, BROWSER), { status: 302, location: 'console/', vary: 'Accept' })
  t.match(await ask(t, { docs: true, console: false }, BROWSER), { status: 302, location: 'docs' })
  t.match(await ask(t, { docs: false, console: false }, BROWSER), { status: 200, body: { status: 200 } })
})

t.test('Vary keeps what a hook of CORS has set', async (t) => {
  const server = bare(t)
  await server.register(cors, { origin: ['https://app.example'] })
  await server.register(root, BOTH)
  const { headers } = await server.inject({ url: '/', headers: { origin: 'https://app.example' } })
  t.match(headers, { vary: 'Origin, Accept', 'access-control-allow-origin': 'https://app.example' })
})

t.test('clients that are no browsers get the reply of Evolution API, with links', async (t) => {
  const about = {
    status: 200,
    message: 'Welcome to fastify-instance-events, it is working!',
    version: packageVersion(),
    name: 'fastify-instance-events'
  }
  t.strictSame(await ask(t, BOTH, { accept: '*/*' }), {
    status: 200,
    location: undefined,
    vary: 'Accept',
    body: { ...about, manager: 'http://hub:8080/console/', documentation: 'http://hub:8080/docs' }
  })
  t.strictSame((await ask(t, { docs: false, console: false })).body, about)
  const { body } = await ask(t, { ...BOTH, serverUrl: 'https://hub.example/events/' })
  t.match(body, {
    manager: 'https://hub.example/events/console/',
    documentation: 'https://hub.example/events/docs'
  })
})
