import fastifyStatic from '@fastify/static'
import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import app from '../../app.ts'
import { API_KEY, bare, folder } from '../support/build.ts'

const OPTIONS = { apiKey: API_KEY, eventLog: { url: ':memory:' }, sqs: { region: 'us-east-1' } }

/** Adds decorators under names that our routes or their libraries might use as well. */
async function decorate(t: Test, host: FastifyInstance): Promise<void> {
  for (const name of ['authenticate', 'auth', 'instances', 'store', 'readiness', 'swaggerCSP'])
    host.decorate(name, 'of the host')
  for (const name of ['identity', 'user', 'instance']) host.decorateRequest(name, null)
  host.decorateReply('fail', null)
  // @fastify/static adds `sendFile` and `download` to replies.
  await host.register(fastifyStatic, { root: folder(t), prefix: '/files/' })
  host.get('/host', async (request) => ({
    own: host.getDecorator('authenticate'),
    identity: request.getDecorator('identity')
  }))
}

async function assertBothWork(t: Test, host: FastifyInstance): Promise<void> {
  t.same((await host.inject('/host')).json(), { own: 'of the host', identity: null })
  const ask = async (headers: Record<string, string>) => host.inject({ url: '/server', headers })
  t.match((await ask({ apikey: API_KEY })).json(), { identity: { kind: 'global' } })
  t.equal((await ask({ apikey: 'wrong' })).statusCode, 401)
  t.equal((await host.inject('/docs')).statusCode, 200)
  t.equal((await host.inject('/console/')).statusCode, 200)
}

t.test('a host with decorators of its own can register the plugin', async (t) => {
  const host = bare(t)
  await decorate(t, host)
  await host.register(app, OPTIONS)
  await assertBothWork(t, host)
})

t.test('a host can add decorators of its own after the plugin', async (t) => {
  const host = bare(t)
  await host.register(app, OPTIONS)
  await decorate(t, host)
  await host.register(swagger, { openapi: { info: { title: 'The host', version: '1' } } })
  await assertBothWork(t, host)
})

t.test('the plugin adds five decorators to the host, no parser, and only plugins under its own name', async (t) => {
  const host = bare(t)
  const names = () => Object.getOwnPropertyNames(host)
  const before = new Set(names())
  await host.register(app, OPTIONS)
  await host.ready()
  t.same(
    names()
      .filter((name) => !before.has(name))
      .sort(),
    ['eventLog', 'io', 'onInstanceEvent', 'sqs', 'websocket']
  )
  t.notOk(host.hasRequestDecorator('identity'))
  t.notOk(host.hasReplyDecorator('sendFile'))
  t.ok(host.hasContentTypeParser('text/plain'), 'the host’s own parsers stay')
  for (const part of ['', '/event-log', '/sqs', '/websocket', '/instance-events'])
    t.ok(host.hasPlugin(`fastify-instance-events${part}`), part)
  for (const name of [
    'event-log',
    'sqs',
    'websocket',
    'auth',
    'instance-events',
    '@fastify/swagger',
    '@fastify/static'
  ])
    t.notOk(host.hasPlugin(name), name)
})
