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

/** The sections of a document. The tests find them by number, because their headings differ between the languages. */
function sections(markdown: string): string[] {
  return markdown.split(/^## /m).slice(1)
}

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

for (const file of ['README.md', 'README.pt-BR.md']) {
  t.test(`${file} lists the options, routes, events, error codes and metrics of the code`, async (t) => {
    const markdown = read(file)
    const [, , options = '', routes = '', events = '', errorsSection = '', metricsSection = ''] = sections(markdown)

    const [root, store, sqs, websocket, settings] = tables(options)
    const names = (schema: { properties: object }) => Object.keys(schema.properties).sort()
    t.same(root?.sort(), names(AppOptions), 'options of the root plugin')
    t.same(store?.sort(), names(EventLogOptions), 'options of event-log')
    t.same(sqs?.sort(), names(SqsOptions), 'options of sqs')
    t.same(websocket?.sort(), names(WebsocketOptions), 'options of websocket')
    t.same(settings?.sort(), [...names(EnvSchema), 'SQS_GLOBAL_<KEY>'].sort(), 'settings')

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
    t.same(firstColumn(routes).sort(), served.sort(), 'routes')

    const registry = await server.eventLog.metrics.registry()
    const metrics = registry.getMetricsAsArray().map(({ name }) => name)
    t.same(firstColumn(metricsSection).sort(), metrics.sort(), 'metrics')

    const without = (text: string) => (name: string) => !text.includes(`\`${name}\``)
    const named = errorsSection.match(/IEV_[A-Z0-9_]+/g) ?? []
    t.ok(codes.length > 20)
    t.strictSame(
      {
        missingEvents: EVOLUTION_EVENTS.filter(without(events)),
        missingCodes: codes.filter(without(markdown)),
        unknownCodes: named.filter((code) => !codes.includes(code))
      },
      { missingEvents: [], missingCodes: [], unknownCodes: [] }
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
