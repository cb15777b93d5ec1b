import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { BodyIntake } from '../../lib/http/body-intake.ts'
import { Rejections } from '../../lib/operation/rejections.ts'
import auth from '../../plugins/auth.ts'
import eventLog from '../../plugins/event-log.ts'
import type { OnInstanceEvent } from '../../plugins/instance-events.ts'
import { useConventions } from '../../routes/conventions.ts'
import events from '../../routes/events.ts'
import { serve } from '../harness/serve.ts'
import { API_KEY, type IngestServer } from './ingest-server.ts'

/** Our route with its schema and key check, which answers without storing anything. */
let taken = 0

const oursWithoutStore: IngestServer = {
  async listen() {
    const server = Fastify()
    await server.register(eventLog, { url: ':memory:' })
    server.decorate('onInstanceEvent', accept as OnInstanceEvent)
    await server.register(auth, { apiKey: API_KEY })
    await server.register(async (scope) => {
      useConventions(scope)
      await scope.register(events, {
        bodyLimit: 10 * 1_048_576,
        intake: new BodyIntake(Infinity),
        rejections: new Rejections()
      })
    })
    await server.listen({ host: '127.0.0.1', port: 0 })
    return (server.server.address() as AddressInfo).port
  },
  async taken() {
    const count = taken
    taken = 0
    return count
  }
}

async function accept(input: unknown) {
  return Array.isArray(input) ? input.map(accepted) : accepted()
}

function accepted() {
  taken++
  return { id: randomUUID(), offset: taken, duplicate: false }
}

serve(oursWithoutStore)
