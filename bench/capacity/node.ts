import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import app from '../../app.ts'
import { openStore } from '../../lib/store/open.ts'
import type { EventStore } from '../../lib/store/event-store.ts'
import { PARTITIONS } from '../../lib/store/partitions.ts'
import type { Place } from '../cluster/database.ts'
import { clock } from '../harness/clock.ts'
import { sampleEvent } from '../harness/sample-events.ts'
import { serve } from '../harness/serve.ts'
import { API_KEY } from '../latency/live-server.ts'
import { CREDENTIALS, REGION } from '../sqs/sender.ts'

export interface NodeOptions extends Place {
  /** Of SQS; absent: the node sends nothing. */
  endpoint?: string
}

export interface Commits {
  /** `messages.upsert` goes to the shared queue, `messages.update` to none. */
  event: 'messages.upsert' | 'messages.update'
  instances: readonly string[]
  commits: number
  eventsPerCommit: number
}

const { data, sender, serverUrl } = sampleEvent('0.8 kB')
const QUEUED = ['MESSAGES_UPSERT']
/** Of the last event with each name of each instance. */
const numbers = new Map<string, number>()
let server: FastifyInstance
let store: EventStore

/** The whole app on PostgreSQL. */
const node = {
  /** @returns the port */
  async listen({ endpoint, ...place }: NodeOptions): Promise<number> {
    store = await openStore(place)
    server = Fastify()
    await server.register(app, {
      apiKey: API_KEY,
      docs: false,
      eventLog: { store },
      sqs: endpoint !== undefined && {
        endpoint,
        region: REGION,
        credentials: CREDENTIALS,
        global: { events: QUEUED }
      },
      websocket: { globalEvents: true }
    })
    await server.listen({ host: '127.0.0.1', port: 0 })
    return (server.server.address() as AddressInfo).port
  },
  /** Lets sockets connect to the namespaces of these instances. */
  async select(names: readonly string[]): Promise<void> {
    await Promise.all(names.map((name) => server.websocket.set(name, { enabled: true })))
  },
  /** True if it sends for half of the instances. */
  hasHalf: (): boolean => store.status()?.partitions === PARTITIONS / 2,
  /** Those of these instances for which another node sends. */
  foreign: (names: readonly string[]): string[] =>
    names.filter((name) => !store.deliveries.maySend(store.instances.require(name).key)),
  /** One commit after the other. @returns how many events, once all are durable */
  async commit({ event, instances, commits, eventsPerCommit }: Commits): Promise<number> {
    let turn = 0
    for (let done = 0; done < commits; done++) {
      const events = Array.from({ length: eventsPerCommit }, () => {
        const instance = instances[turn++ % instances.length] as string
        const source = `${event} ${instance}`
        const n = (numbers.get(source) ?? 0) + 1
        numbers.set(source, n)
        return server.onInstanceEvent({ instance, event, data: { n, at: clock(), ...data }, sender, serverUrl })
      })
      await Promise.all(events)
    }
    return commits * eventsPerCommit
  },
  /** The interval of pings of sockets that connect from now on. */
  pingEvery(ms: number): void {
    server.io.engine.opts.pingInterval = ms
  }
}

export type CapacityNode = typeof node

serve(node)
