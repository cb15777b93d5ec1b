import { readFileSync } from 'node:fs'
import t from 'tap'
import { EnvSchema } from '../../lib/standalone/settings.ts'
import * as errors from '../../lib/errors.ts'
import { EVOLUTION_EVENTS } from '../../lib/events/catalogue.ts'
import { AppOptions } from '../../lib/schemas/options/app.ts'
import { EventLogOptions } from '../../lib/schemas/options/event-log.ts'
import { SqsOptions } from '../../lib/schemas/options/sqs.ts'
import { WebsocketOptions } from '../../lib/schemas/options/websocket.ts'
import app from '../../app.ts'
import rootRoute from '../../routes/root.ts'
import { API_KEY, bare } from '../support/build.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

/** The names in the first column of a section's tables. */
function firstColumn(text: string): string[] {
  return [...text.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)
  )
}

function tables(text: string): string[][] {
  return [...text.matchAll(/(^\|.*\|\n)+/gm)].map(([table]) => firstColumn(table))
}

const codes = Object.entries(errors).flatMap(([name, value]) => {
  if (name.endsWith('Error') && typeof value === 'function')
    return [new (value as new () => Error & { code: string })().code]
  return typeof value === 'string' ? [value] : []
})

for (const folder of ['docs/reference', 'docs/pt-BR/reference']) {
  t.test(`${folder} lists the options, settings, routes, events, error codes and metrics of the code`, async (t) => {
    const page = (name: string) => read(`${folder}/${name}.md`)
    const [root, store, sqs, websocket] = tables(page('options'))
    const names = (schema: { properties: object }) => Object.keys(schema.properties).sort()
    t.same(root?.sort(), names(AppOptions), 'options of the root plugin')
    t.same(store?.sort(), names(EventLogOptions), 'options of event-log')
    t.same(sqs?.sort(), names(SqsOptions), 'options of sqs')
    t.same(websocket?.sort(), names(WebsocketOptions), 'options of websocket')
    t.same(firstColumn(page('settings')).sort(), [...names(EnvSchema), 'SQS_GLOBAL_<KEY>'].sort(), 'settings')

    const served: string[] = []
    const server = bare(t)
    server.addHook('onRoute', ({ method, url }) => {
      // Of Socket.IO, not of the HTTP API; and other spellings of routes.
      if (url === '/socket.io/' || url === '/webhook/evolution/*') return
      for (const verb of [method].flat()) if (verb !== 'HEAD') served.push(`${verb} ${url}`)
    })
    await server.register(app, { apiKey: API_KEY, docs: false, eventLog: { url: ':memory:' }, sqs: { region: 'x' } })
    await server.register(rootRoute, { docs: true, console: true })
    await server.ready()
    t.same(firstColumn(page('routes')).sort(), served.sort(), 'routes')

    const registry = await server.eventLog.metrics.registry()
    const metrics = registry.getMetricsAsArray().map(({ name }) => name)
    t.same(firstColumn(page('metrics')).sort(), metrics.sort(), 'metrics')

    const without = (text: string) => (name: string) => !text.includes(`\`${name}\``)
    const named = page('errors').match(/IEV_[A-Z0-9_]+/g) ?? []
    t.ok(codes.length > 20)
    t.strictSame(
      {
        missingEvents: EVOLUTION_EVENTS.filter(without(page('events'))),
        missingCodes: codes.filter(without(page('errors') + page('sockets'))),
        unknownCodes: named.filter((code) => !codes.includes(code))
      },
      { missingEvents: [], missingCodes: [], unknownCodes: [] }
    )
  })
}

/** The cells of the tables' rows, by the name in the first one. */
function rows(text: string): Map<string, string[]> {
  return new Map(
    [...text.matchAll(/^\| (`[^|]+`) \|(.*)\|$/gm)].flatMap(([, cell = '', rest = '']) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(
        ([, name = '']) => [name, rest.split('|').map((text) => text.trim())] as const
      )
    )
  )
}

for (const folder of ['docs/reference', 'docs/pt-BR/reference']) {
  t.test(`${folder} has the defaults of settings and the statuses of errors`, async (t) => {
    const page = (name: string) => rows(read(`${folder}/${name}.md`))
    const settings = page('settings')
    const properties: Record<string, { default?: unknown }> = EnvSchema.properties
    const defaults = Object.entries(properties).flatMap(([name, { default: value }]) =>
      // Empty: what that means is told in words.
      value === undefined || value === '' ? [] : [[name, `\`${String(value)}\``] as const]
    )
    t.ok(defaults.length > 30)
    t.same(
      defaults.map(([name]) => [name, settings.get(name)?.[0]]),
      defaults
    )

    const listed = page('errors')
    const statuses = Object.values(errors).flatMap((value) => {
      if (typeof value !== 'function') return []
      const { code, statusCode } = new (value as new () => { code?: string; statusCode?: number })()
      return code !== undefined && listed.get(code)?.[0] ? [[code, String(statusCode)] as const] : []
    })
    t.ok(statuses.length > 20)
    t.same(
      statuses.map(([code]) => [code, listed.get(code)?.[0]]),
      statuses
    )
  })
}

t.test('.env.example lists every setting with its default', async (t) => {
  const lines = new Map(
    [...read('.env.example').matchAll(/^#([A-Z0-9_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value])
  )
  const properties: Record<string, { default?: unknown }> = EnvSchema.properties
  const defaults = Object.entries(properties).map(([name, schema]) => [name, String(schema.default ?? '')] as const)
  t.same(lines, new Map([...defaults, ['SQS_GLOBAL_MESSAGES_UPSERT', '']]))
})
