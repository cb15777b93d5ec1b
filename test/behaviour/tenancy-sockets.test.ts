import type { Socket } from 'socket.io-client'
import t, { type Test } from 'tap'
import type { AppOptions } from '../../app.ts'
import { httpClientsOf } from '../../lib/websocket/http-clients.ts'
import { backends } from '../support/backends.ts'
import { API_KEY, listen } from '../support/build.ts'
import { stream } from '../support/event-stream.ts'
import { poll } from '../support/long-poll.ts'
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
  /** The token before, while it is valid. */
  former?: string | undefined
}

type World = Record<'a' | 'b', State>

const KEYS = {
  global: API_KEY,
  'of a': 'token-of-a',
  'of b': 'token-of-b',
  'newer of a': 'newer-token-of-a',
  'newest of a': 'newest-token-of-a',
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
  const own = (['a', 'b'] as const).find(
    (name) => world[name].exists && key !== undefined && [world[name].token, world[name].former].includes(key)
  )
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

type Attempt = (typeof CASES)[number]

type Outcome = string | number | string[]

interface Place {
  app: App
  url: string
  /** The last offset of the log. */
  head: number
}

const described = (message: Record<string, unknown>) => `${String(message.instance)} ${String(message.event)}`

/**
 * The ways to receive events. Each one tries, and returns a function for the time after the last event: the code or the status
 * of a refusal, or the events that were received.
 */
const DOORS: Record<string, (t: Test, place: Place, attempt: Attempt) => Promise<() => Promise<Outcome>>> = {
  socket: async (t, { app, url }, { namespace, filter, key }) => {
    const auth = { ...FILTERS[filter], ...(key !== undefined && { apikey: key }) }
    const { socket, received } = client(t, url + namespace, { auth, reconnection: false })
    const refused = next(socket, 'connect_error').then(([error]) => (error as { data?: { code: string } }).data?.code)
    const refusal = await Promise.race([next(socket, 'connect'), refused])
    return async () => {
      if (typeof refusal === 'string') return refusal
      // A connection is in order: a client that has received this has received the events.
      await flushed(app, namespace, socket)
      socket.disconnect()
      return received.filter(({ event }) => event !== 'flushed').map(({ message }) => described(message))
    }
  },
  stream: async (t, { url }, attempt) => {
    const one = await stream(t, pathOf(url, attempt, '/stream'), { apikey: attempt.key })
    const { statusCode = 0 } = one.response
    if (statusCode !== 200) return async () => statusCode
    await one.until(1)
    return async () => {
      // It ends after the events.
      await one.ended
      return one.received.filter(({ event }) => event === 'message').map(({ message }) => described(message))
    }
  },
  poll:
    async (_t, { url, head }, attempt) =>
    async () => {
      const path = `${pathOf(url, attempt, '')}&wait=1`
      const found: string[] = []
      for (let after = head; after < head + SENT.length;) {
        const page = await poll(`${path}&after=${after}`, { apikey: attempt.key ?? null })
        if (page.status !== 200) return page.status
        found.push(...page.events.map(described))
        after = page.after
      }
      return found
    }
}

function pathOf(url: string, { namespace, filter }: Attempt, end: string): string {
  const query = new URLSearchParams(
    Object.entries(FILTERS[filter] ?? {}).map(([name, names]) => [name, names.join()] as [string, string])
  )
  return `${url}/events${namespace === '/' ? '' : namespace}${end}?${query}`
}

const STATUSES: Record<string, number> = {
  IEV_WS_UNAUTHORIZED: 401,
  IEV_WS_NOT_SET: 409,
  IEV_WS_DISABLED: 409,
  IEV_WS_INVALID: 400
}

function expectedAt(door: string, world: World, attempt: Attempt): Outcome | undefined {
  const outcome = expected(world, attempt)
  if (door === 'socket') return outcome
  // The routes have no such parameter: that is refused before the key is looked at.
  if (attempt.namespace !== '/' && FILTERS[attempt.filter]?.instances) return 400
  return typeof outcome === 'string' ? STATUSES[outcome] : outcome
}

/** Tries all cases at all doors at once, and compares their outcomes with the expected ones. */
async function check(t: Test, { app, url, world, title }: { app: App; url: string; world: World; title: string }) {
  const { head } = await app.eventLog.store.log.range()
  const tried = await Promise.all(
    Object.entries(DOORS).flatMap(([door, enter]) =>
      CASES.map(async (attempt) => ({ door, attempt, outcome: await enter(t, { app, url, head }, attempt) }))
    )
  )
  let last = 0
  for (const [instance, event] of SENT) last = (await app.onInstanceEvent({ instance, event, data: title })).offset
  // On PostgreSQL the node learns of committed events later.
  await until(() => (app.eventLog.store.status()?.position ?? last) >= last)
  const outcomes = Promise.all(tried.map(({ outcome }) => outcome()))
  httpClientsOf(app.websocket).streams.end()
  const row = (n: number, outcome: Outcome | undefined) => {
    const { door, attempt } = tried[n] as (typeof tried)[number]
    return [door, attempt.namespace, attempt.name, attempt.filter, outcome]
  }
  t.strictSame(
    (await outcomes).map((outcome, n) => row(n, outcome)),
    tried.map(({ door, attempt }, n) => row(n, expectedAt(door, world, attempt))),
    title
  )
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
    `${backend.name}: no key, namespace or filter at any door gives events of another instance, also after changes of the instance`,
    async (t) => {
      const options: Partial<AppOptions> = {
        sqs: false,
        eventLog: { url: await backend.start(t), wrongKeysPerMinute: 1_000 },
        websocket: { globalEvents: true }
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
        [
          'while the token before a newest one is kept',
          { token: 'newest-token-of-a', former: 'newer-token-of-a' },
          () => app.eventLog.instances.setToken('a', 'newest-token-of-a', { keepOldForMs: 3_600_000 })
        ],
        [
          'after a restart meanwhile',
          {},
          async () => {
            await app.close()
            ;({ app, url } = await listen(t, options))
          }
        ],
        [
          'after the time of the token before is over',
          { former: undefined },
          async () => {
            const { instances } = app.eventLog
            await instances.setToken('a', 'newest-token-of-a', { keepOldForMs: 1 })
            await until(() => instances.require('a').formerToken === null)
          }
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
      t.equal(CASES.length, 4 * 5 * 8)
      for (const [title, change, step] of steps) {
        await step()
        Object.assign(a, change)
        await check(t, { app, url, world, title })
      }
    }
  )
