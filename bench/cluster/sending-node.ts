import Fastify from 'fastify'
import { openStore } from '../../lib/store/open.ts'
import { PARTITIONS } from '../../lib/store/partitions.ts'
import sqs from '../../plugins/sqs.ts'
import type { EventStore } from '../../lib/store/event-store.ts'
import { serve } from '../harness/serve.ts'
import { type AcceptingOptions, type Publisher, publisherTo } from '../sqs/publisher.ts'
import { CREDENTIALS, REGION } from '../sqs/sender.ts'
import type { Place } from './database.ts'

/** One of several nodes that send to SQS. */
let store: EventStore
let accept: AcceptingOptions['accept']
let publishers: Record<'own' | 'other' | 'all', Publisher>

const node = {
  async start({ endpoint, ...place }: Place & { endpoint: string }): Promise<void> {
    store = await openStore(place)
    const server = Fastify()
    const global = { events: ['MESSAGES_UPSERT'] }
    await server.register(sqs, { endpoint, region: REGION, credentials: CREDENTIALS, global, eventLog: { store } })
    await server.ready()
    accept = (input) => server.sqs.emit(input)
  },
  /** True if it sends for its share of the instances, of so many nodes. */
  hasShare: (nodes: number): boolean => store.status()?.partitions === PARTITIONS / nodes,
  /** Creates instances, for which it publishes from now on. */
  async create(names: readonly string[]): Promise<void> {
    await Promise.all(names.map((name) => store.instances.create({ name, token: `token of ${name}` })))
    const sent = Map.groupBy(names, (name) => store.deliveries.maySend(store.instances.require(name).key))
    const publisher = (instances: readonly string[] = []) => publisherTo({ instances, store, accept })
    publishers = { own: publisher(sent.get(true)), other: publisher(sent.get(false)), all: publisher(names) }
  },
  /** Publishes for instances that this node sends itself, for those of other nodes, or for all. */
  pace: (which: 'own' | 'other' | 'all', perSecond: number, ms: number): Promise<number> =>
    publishers[which].pace(perSecond, ms)
}

export type SendingNode = typeof node

serve(node)
