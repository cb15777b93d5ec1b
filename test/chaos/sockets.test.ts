import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { EVOLUTION_EVENTS } from '../../lib/events/catalogue.ts'
import { eventKey } from '../../lib/events/event-key.ts'
import { backends } from '../support/backends.ts'
import { API_KEY, folder } from '../support/build.ts'
import { checkListeners, LONG, offsetsOf, random, seed } from '../support/chaos.ts'
import { DOORS, resumingClient, type Wanted } from '../support/resuming-client.ts'
import { call, startStandalone } from '../support/standalone.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { soon } from '../support/until.ts'

// Each backend has a server of its own.
t.jobs = LONG ? 1 : 2

const INSTANCES = 20
const CLIENTS = 60
const EVENTS = LONG ? 30_000 : 4_000
const RESTARTS = LONG ? 8 : 2
/** The most milliseconds between an answer and the next batch of an instance: the events last longer than the restarts. */
const PACE_MS = LONG ? 40 : 400
/** The share of the clients that upgrade from polling. Socket.IO's client takes 45 s to notice a cut during the upgrade. */
const UPGRADING = LONG ? 0.5 : 0
const NAMES = ['call', 'messages.upsert', 'messages.update', 'presence.update', 'creds.update']

interface Accepted {
  offset: number
  instance: string
  event: string
}

interface Chosen extends Wanted {
  /** `undefined`: the global key on `/`. */
  instance: string | undefined
}

/** A random client: any door, key, namespace, filter and transport. */
function choose(next: () => number): Chosen {
  const some = <T>(list: readonly T[]) => list.filter(() => next() < 0.5)
  const instance = `instance-${Math.floor(next() * INSTANCES)}`
  const onRoot = next() < 0.4
  const token = next() < 0.6
  const all = Array.from({ length: INSTANCES }, (_, n) => `instance-${n}`)
  return {
    door: DOORS[Math.floor(next() * DOORS.length)] as (typeof DOORS)[number],
    offset: 0,
    instance: onRoot && !token ? undefined : instance,
    namespace: onRoot ? '' : `/${instance}`,
    apikey: token ? `token-of-${instance}` : API_KEY,
    events: next() < 0.5 ? some(NAMES) : undefined,
    instances: onRoot && next() < 0.5 ? some(all) : undefined,
    transports: next() < 0.3 ? ['polling'] : next() < UPGRADING ? ['polling', 'websocket'] : ['websocket']
  }
}

/** Whether a client must receive an accepted event. */
function entitled({ instance, namespace, events, instances }: Chosen, selected: Map<string, string[]>) {
  return (event: Accepted) => {
    const chosen = selected.get(event.instance)?.includes(event.event) ?? false
    const carried = namespace === '' ? chosen || event.event !== 'creds.update' : chosen
    const listed = <T>(list: readonly T[] | undefined, value: T) => !list || list.length === 0 || list.includes(value)
    return (
      carried &&
      (instance === undefined || instance === event.instance) &&
      listed(events, event.event) &&
      listed(instances, event.instance)
    )
  }
}

for (const backend of await backends(t))
  t.test(
    `${backend.name}: ${CLIENTS} clients that resume receive their events once, in order, while connections drop and the server restarts`,
    { timeout: 300_000 },
    async (t) => {
      const next = random(seed(t))
      const cwd = folder(t)
      const env = {
        DATABASE_URL: await backend.start(t),
        AUTHENTICATION_API_KEY: API_KEY,
        WEBSOCKET_GLOBAL_EVENTS: 'true',
        SQS_ENABLED: 'false',
        LOG_LEVEL: 'error'
      }
      let server = await startStandalone(t, { cwd, env })
      const proxy = await startTcpProxy(t, server.url)
      const selected = new Map<string, string[]>()
      for (let n = 0; n < INSTANCES; n++) {
        const instance = `instance-${n}`
        const names = NAMES.filter(() => next() < 0.6)
        selected.set(instance, names.length > 0 ? names : EVOLUTION_EVENTS.filter((name) => name !== 'creds.update'))
        const websocket = { enabled: true, events: names.map(eventKey) }
        const body = { instanceName: instance, token: `token-of-${instance}`, websocket }
        t.match(await call(`${server.url}/instance/create`, { method: 'POST', key: API_KEY, body }), { status: 201 })
      }
      const clients = Array.from({ length: CLIENTS }, () => {
        const chosen = choose(next)
        const { instance: _, ...wanted } = chosen
        return { chosen, received: resumingClient(t, proxy.url, wanted) }
      })

      // Each instance posts one batch after the other, as a hub does, and repeats it until it is answered.
      const accepted: Accepted[] = []
      let posted = 0
      const post = async (instance: string) => {
        for (let turn = 0; posted < EVENTS; turn++) {
          const batch = Array.from({ length: 1 + Math.floor(next() * 40) }, (_, n) => ({
            event: NAMES[Math.floor(next() * NAMES.length)] ?? 'call',
            data: { text: 'x'.repeat(next() * 2_000) },
            id: `${turn}:${n}`
          }))
          posted += batch.length
          const path = `/events/${instance}`
          let results: { offset: number }[] | undefined
          while (!results) {
            results = await call(`${server.url}${path}`, { method: 'POST', key: API_KEY, body: batch }).then(
              ({ status, body }) => (status === 202 ? (body as { offset: number }[]) : undefined),
              () => undefined
            )
            if (!results) await pause(20)
          }
          accepted.push(...batch.map(({ event }, n) => ({ instance, event, offset: results[n]?.offset ?? 0 })))
          await pause(next() * PACE_MS)
        }
      }
      const posting = Promise.all([...selected.keys()].map((instance) => post(instance)))
      let dropped = 0
      const dropping = setInterval(() => (dropped += proxy.drop(() => next() < 0.03)), 50)
      t.after(() => clearInterval(dropping))
      for (let restart = 0; restart < RESTARTS; restart++) {
        await pause(500 + next() * 1_000)
        await server.stop(next() < 0.5 ? 'SIGKILL' : 'SIGTERM')
        server = await startStandalone(t, { cwd, env })
        proxy.target = server.url
      }
      await soon(posting, 'events that are accepted')
      clearInterval(dropping)
      t.ok(dropped > 20, `${dropped} connections were dropped`)

      accepted.sort((a, b) => a.offset - b.offset)
      const listeners = clients.map(({ chosen, received }) => ({
        of: chosen,
        received,
        expected: accepted.filter(entitled(chosen, selected)).map(({ offset }) => offset)
      }))
      const missing = () => listeners.some(({ received, expected }) => offsetsOf(received).length < expected.length)
      const deadline = Date.now() + 60_000
      while (missing() && Date.now() < deadline) await pause(20)
      // Repeats would arrive in this time.
      await pause(500)
      checkListeners(t, listeners)
      t.equal(await server.stop('SIGTERM'), 0)
    }
  )
