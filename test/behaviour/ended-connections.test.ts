import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { LOCKS, lockSpace } from '../../lib/store/postgres/locks.ts'
import type { StoredEvent } from '../../lib/events/event.ts'
import { API_KEY, listen } from '../support/build.ts'
import { checkListeners, offsetsOf, random, seed } from '../support/chaos.ts'
import { freePort } from '../support/free-port.ts'
import { havePostgres, openNode, startDatabase } from '../support/postgres.ts'
import { DOORS, resumingClient } from '../support/resuming-client.ts'
import { numbers } from '../support/resuming.ts'
import { returningClient } from '../support/returning-client.ts'
import { until } from '../support/until.ts'

const ROUNDS = 30
/** A node without clients of the second follows the log without reading it. */
const INSTANCES = ['sales', 'support'] as const

const endOne = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1`

interface Node {
  app: FastifyInstance
  url: string
  /** Closes it and starts another one at its address. */
  restart: () => Promise<void>
}

/** A node on a database; the same address after each restart. */
async function startNode(t: Test, database: string): Promise<Node> {
  const port = await freePort()
  const open = async () => {
    const store = await openNode(t, { url: database, schema: 'log' })
    return listen(t, { sqs: false, port, eventLog: { store } })
  }
  const node: Node = {
    ...(await open()),
    restart: async () => {
      const { app } = node
      await app.close()
      await app.eventLog.store.close()
      node.app = (await open()).app
    }
  }
  return node
}

if (await havePostgres(t))
  t.test(
    'no client is told that events are missing while connections end, PostgreSQL restarts and nodes restart',
    async (t) => {
      const next = random(seed(t))
      const any = <T>(list: readonly T[]) => list[Math.floor(next() * list.length)] as T
      const { url, terminate, run } = await startDatabase(t)
      const nodes = [await startNode(t, url), await startNode(t, url)] as const
      for (const name of INSTANCES) await nodes[0].app.websocket.set(name, { enabled: true })
      // A node that does not know of it would refuse clients.
      await until(() => nodes.every(({ app }) => app.eventLog.instances.get(INSTANCES[1])?.selections.websocket))
      const ended = () => terminate()
      // As after a restart of PostgreSQL: the next append, or a node, begins an epoch.
      const moved = () => run("UPDATE log.log SET place = ''")
      const happenings: (() => Promise<unknown>)[] = [
        ended,
        moved,
        async () => [await ended(), await moved()],
        async () => [await moved(), await ended()],
        () => run(endOne),
        // A database that is busy.
        () => run(`BEGIN; SELECT pg_advisory_xact_lock(${lockSpace('log')}, ${LOCKS.append}), pg_sleep(0.1); COMMIT`),
        () => nodes[1].restart()
      ]
      const namespace = `/${INSTANCES[0]}`
      const clients = numbers(6).map((n) => returningClient(t, `${nodes[n % 2]!.url}${namespace}`))
      const others = nodes.flatMap(({ url }) =>
        DOORS.map((door) => {
          const received = resumingClient(t, url, { door, namespace, apikey: API_KEY, offset: 0 })
          return { of: `${door} ${url}`, received }
        })
      )
      const over = new AbortController()
      const load = nodes.map(async (node) => {
        for (let n = 0; !over.signal.aborted; n++) {
          const instance = any(INSTANCES)
          const events = numbers(1 + Math.floor(next() * 10)).map((data) => ({ instance, event: 'call', data }))
          await node.app.eventLog.accept(events).catch(() => {})
          if (n % 3 === 0) any(clients).drop()
          await pause(next() * 20)
        }
      })
      for (let round = 0; round < ROUNDS; round++) {
        await pause(next() * 100)
        await any(happenings)()
      }
      over.abort()
      await Promise.all(load)
      const { eventLog } = nodes[0].app
      const last = { instance: INSTANCES[0], event: 'call', data: 'last' }
      await until(() => eventLog.accept(last).then(Boolean, () => false))
      // An append whose connection ended may be committed after its caller was told that it failed.
      const read = () => eventLog.store.log.read({ after: 0, limit: 1_000_000, instances: [INSTANCES[0]] })
      const isThere = async () => {
        const { offset } = (await read()).at(-1) as StoredEvent
        return (
          clients.every((client) => client.offset() === offset) &&
          others.every(({ received }) => offsetsOf(received).at(-1) === offset)
        )
      }
      await until(isThere)
      const logged = await read()
      for (const { events, wrong, losses } of clients) {
        t.strictSame({ wrong, losses }, { wrong: [], losses: [] })
        t.strictSame(
          [...events],
          logged.map(({ offset, id }) => [offset, id])
        )
      }
      checkListeners(
        t,
        others.map((client) => ({ ...client, expected: logged.map(({ offset }) => offset) }))
      )
    }
  )
