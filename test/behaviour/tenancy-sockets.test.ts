import type { Socket } from 'socket.io-client'
import t, { type Test } from 'tap'
import type { AppOptions } from '../../app.ts'
import { backends } from '../support/backends.ts'
import { API_KEY, listen } from '../support/build.ts'
import { client, next } from '../support/sockets.ts'
import { until } from '../support/until.ts'

type App = Awaited<ReturnType<typeof listen>>['app']

/** The state of an instance. */
interface State {
  exists: boolean
  /** `set`: it has a selection for sockets. `enabled`: that is switched on. */
  set: boolean
  enabled: boolean
  token: string
}

type World = Record<'a' | 'b', State>

const KEYS = {
  global: API_KEY,
  'of a': 'token-of-a',
  'of b': 'token-of-b',
  'newer of a': 'newer-token-of-a',
  wrong: 'wrong',
  empty: '',
  none: undefined
}
const NAMESPACES = ['/a', '/b', '/', '/nobody']
const FILTERS: Record<string, { events?: string[]; instances?: string[] }> = {
  none: {},
  'own events': { events: ['call'] },
  'other events': { events: ['messages.upsert'] },
  'instance a': { instances: ['a'] },
  'instance b': { instances: ['b'] }
}
const SENT = [
  ['a', 'call'],
  ['b', 'call'],
  ['a', 'messages.upsert'],
  ['b', 'messages.upsert'],
  ['stranger', 'call']
] as const

/** The outcome by README.md: the code of a refusal, or the events in order. */
function expected(world: World, { namespace, key, filter }: { namespace: string; key?: string; filter: string }) {
  const own = (['a', 'b'] as const).find((name) => world[name].exists && key === world[name].token)
  const { events, instances } = FILTERS[filter] ?? {}
  if (key !== API_KEY && own === undefined) return 'IEV_WS_UNAUTHORIZED'
  let seen: readonly string[]
  if (namespace === '/') seen = own === undefined ? ['a', 'b', 'stranger'] : [own]
  else {
    const name = namespace.slice(1)
    if (key !== API_KEY && own !== name) return 'IEV_WS_UNAUTHORIZED'
    const state = name === 'a' || name === 'b' ? world[name] : undefined
    if (!state?.exists || !state.set) return 'IEV_WS_NOT_SET'
    if (!state.enabled) return 'IEV_WS_DISABLED'
    if (instances) return 'IEV_WS_INVALID'
    seen = [name]
  }
  return SENT.filter(
    ([instance, event]) =>
      seen.includes(instance) && (events?.includes(event) ?? true) && (instances?.includes(instance) ?? true)
  ).map(([instance, event]) => `${instance} ${event}`)
}

const CASES = NAMESPACES.flatMap((namespace) =>
  Object.keys(FILTERS).flatMap((filter) =>
    Object.entries(KEYS).map(([name, key]) => ({ namespace, filter, name, ...(key !== undefined && { key }) }))
  )
)

/** Tries all cases at once, and compares their outcomes with the expected ones. */
async function check(t: Test, { app, url, world, title }: { app: App; url: string; world: World; title: string }) {
  const attempts = CASES.map(async (attempt) => {
    const { namespace, filter, key } = attempt
    const auth = { ...FILTERS[filter], ...(key !== undefined && { apikey: key }) }
    const { socket, received } = client(t, url + namespace, { auth, reconnection: false })
    const refusal = next(socket, 'connect_error').then(([error]) => (error as { data?: { code: string } }).data?.code)
    const code = await Promise.race([next(socket, 'connect'), refusal])
    return { attempt, socket, received, code: typeof code === 'string' ? code : undefined }
  })
  const tried = await Promise.all(attempts)
  let last = 0
  for (const [instance, event] of SENT) last = (await app.onInstanceEvent({ instance, event, data: title })).offset
  // On PostgreSQL the node learns of committed events later.
  await until(() => (app.eventLog.store.status()?.position ?? last) >= last)
  // A connection is in order: a client that has received this has received the events.
  const open = tried.filter(({ code }) => code === undefined)
  await Promise.all(open.map(({ attempt, socket }) => flushed(app, attempt.namespace, socket)))
  const found = tried.map(({ attempt, received, code }) => [
    attempt.namespace,
    attempt.name,
    attempt.filter,
    code ??
      received
        .filter(({ event }) => event !== 'flushed')
        .map(({ event, message }) => `${String(message.instance)} ${event}`)
  ])
  const wanted = CASES.map((attempt) => [attempt.namespace, attempt.name, attempt.filter, expected(world, attempt)])
  t.strictSame(found, wanted, title)
  for (const { socket } of tried) socket.disconnect()
}

/** Resolves when the client has read all that was written to it so far. */
function flushed(app: App, namespace: string, socket: Socket): Promise<unknown> {
  const read = next(socket, 'flushed')
  app.io
    .of(namespace)
    .sockets.get(socket.id ?? '')
    ?.emit('flushed')
  return read
}

for (const backend of await backends(t))
  t.test(
    `${backend.name}: no key, namespace or filter gives events of another instance, also after changes of the instance`,
    async (t) => {
      const options: Partial<AppOptions> = {
        sqs: false,
        eventLog: { url: await backend.start(t) },
        websocket: { globalEvents: true, wrongKeysPerMinute: 1_000 }
      }
      let { app, url } = await listen(t, options)
      const world: World = {
        a: { exists: true, set: false, enabled: false, token: 'token-of-a' },
        b: { exists: true, set: true, enabled: true, token: 'token-of-b' }
      }
      const { a } = world
      for (const name of ['a', 'b']) await app.eventLog.instances.create({ name, token: `token-of-${name}` })
      await app.websocket.set('b', { enabled: true })
      const steps: [string, Partial<State>, () => Promise<unknown>][] = [
        ['before the instance has a selection', {}, async () => {}],
        ['after it has a selection', { set: true, enabled: true }, () => app.websocket.set('a', { enabled: true })],
        ['after it is switched off', { enabled: false }, () => app.websocket.set('a', { enabled: false })],
        ['after it is switched on again', { enabled: true }, () => app.websocket.set('a', { enabled: true })],
        [
          'after its token is replaced',
          { token: 'newer-token-of-a' },
          () => app.eventLog.instances.setToken('a', 'newer-token-of-a')
        ],
        ['after it is deleted', { exists: false, set: false }, () => app.eventLog.instances.remove('a')],
        [
          'after it is created again',
          { exists: true, token: 'token-of-a' },
          async () => {
            // The events of the last step have registered it, without a token.
            await app.eventLog.instances.remove('a')
            await app.eventLog.instances.create({ name: 'a', token: 'token-of-a' })
          }
        ],
        [
          'after the new instance has a selection',
          { set: true, enabled: true },
          () => app.websocket.set('a', { enabled: true })
        ],
        [
          'after a restart',
          {},
          async () => {
            await app.close()
            ;({ app, url } = await listen(t, options))
          }
        ]
      ]
      t.equal(CASES.length, 4 * 5 * 7)
      for (const [title, change, step] of steps) {
        await step()
        Object.assign(a, change)
        await check(t, { app, url, world, title })
      }
    }
  )
