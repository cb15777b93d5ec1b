import type { AddressInfo } from 'node:net'
import { type Static, Type } from '@sinclair/typebox'
import Fastify from 'fastify'
import { serve } from '../harness/serve.ts'
import { API_KEY, type IngestServer } from './ingest-server.ts'

const PostedEvent = Type.Object({
  event: Type.String(),
  data: Type.Object({}),
  sender: Type.String(),
  serverUrl: Type.String()
})
export type PostedEvent = Static<typeof PostedEvent>

const Accepted = Type.Object({ id: Type.String(), offset: Type.String() })
export type Accepted = Static<typeof Accepted>

/** The store of a peer's route. */
export interface PlainStore {
  /** Resolves when the event is stored. */
  add(instance: string, event: PostedEvent): Promise<Accepted>
  /** Stores the events of one request, in the way that is fastest for the store. */
  addMany(instance: string, events: PostedEvent[]): Promise<Accepted[]>
  taken: IngestServer['taken']
}

/** Serves `POST /events/:instance` without this package: a schema, a key, and a `store` for the events. */
export function servePlainRoute(open: (databasePort: number) => Promise<PlainStore>): void {
  let store: PlainStore
  const server: IngestServer = {
    async listen({ databasePort = 0 }) {
      store = await open(databasePort)
      return listen(store)
    },
    taken: () => store.taken()
  }
  serve(server)
}

async function listen(store: PlainStore): Promise<number> {
  const fastify = Fastify()
  const schema = {
    params: Type.Object({ instance: Type.String() }),
    body: Type.Union([PostedEvent, Type.Array(PostedEvent)]),
    response: { 202: Type.Union([Accepted, Type.Array(Accepted)]) }
  }
  fastify.addHook('onRequest', (request, reply, done) => {
    if (request.headers.apikey === API_KEY) done()
    else void reply.code(401).send({ message: 'Wrong key' })
  })
  fastify.post<{ Params: { instance: string }; Body: PostedEvent | PostedEvent[] }>(
    '/events/:instance',
    { schema },
    async ({ params: { instance }, body }, reply) => {
      const accepted = Array.isArray(body) ? await store.addMany(instance, body) : await store.add(instance, body)
      return reply.code(202).send(accepted)
    }
  )
  await fastify.listen({ host: '127.0.0.1', port: 0 })
  return (fastify.server.address() as AddressInfo).port
}
