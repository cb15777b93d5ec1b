import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import Fastify from 'fastify'
import sqs from '../../plugins/sqs.ts'
import { serve } from '../harness/serve.ts'
import { type Publisher, publisherTo } from '../sqs/publisher.ts'
import { CREDENTIALS, REGION } from '../sqs/sender.ts'

const SELECTION = { enabled: true, events: ['MESSAGES_UPSERT'] }

const delay = monitorEventLoopDelay({ resolution: 1 })
let publisher: Publisher

const queuesServer = {
  /** Starts on a database. Each of the instances has a queue of its own. */
  async start({ folder, endpoint, instances }: { folder: string; endpoint: string; instances: readonly string[] }) {
    delay.enable()
    const server = Fastify()
    const url = `file:${join(folder, 'events.db')}`
    await server.register(sqs, { endpoint, region: REGION, credentials: CREDENTIALS, eventLog: { url } })
    await server.ready()
    const { instances: directory, store } = server.eventLog
    await Promise.all(instances.map((name) => directory.setSelection(name, 'sqs', SELECTION, { register: true })))
    publisher = publisherTo({ instances, store, accept: (input) => server.sqs.emit(input) })
  },
  /** Publishes so many events a second, for so long. @returns how many */
  pace: (perSecond: number, ms: number) => publisher.pace(perSecond, ms),
  /** Resolves when nothing is under way. */
  settled: () => publisher.settled(),
  /** Milliseconds for which the event loop was held at most, since the start or the last call. */
  blockedMs(): number {
    const { max } = delay
    delay.reset()
    return max / 1e6
  }
}

export type QueuesServer = typeof queuesServer

serve(queuesServer)
