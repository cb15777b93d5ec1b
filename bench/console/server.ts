import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import Fastify from 'fastify'
import app from '../../app.ts'
import { blankInstance, type MemoryDirectory } from '../../lib/instances/memory-directory.ts'
import { sampleEvent } from '../harness/sample-events.ts'
import { serve } from '../harness/serve.ts'
import { API_KEY } from '../latency/live-server.ts'

/** Events are posted so many milliseconds apart, at least. */
const TURN_MS = 5
const server = Fastify()
const names: string[] = []
let timer: NodeJS.Timeout

const consoleServer = {
  /** A server with the console and so many instances, all of which sockets may follow. @returns the port */
  async listen(folder: string, count: number): Promise<number> {
    await server.register(app, {
      apiKey: API_KEY,
      docs: false,
      sqs: false,
      websocket: { globalEvents: true },
      eventLog: { url: `file:${join(folder, 'events.db')}` }
    })
    await server.ready()
    const { catalogue } = server.eventLog
    // Of the store that is opened by URL; `put` spares a commit each.
    const instances = server.eventLog.instances as MemoryDirectory
    const at = new Date()
    for (let key = 1; key <= count; key++) {
      const name = `São Paulo ${key}`
      names.push(name)
      const websocket = { id: randomUUID(), enabled: true, events: catalogue.all, createdAt: at, updatedAt: at }
      instances.put({ ...blankInstance(name), key, selections: { websocket } })
    }
    await server.listen({ host: '127.0.0.1', port: 0 })
    return (server.server.address() as AddressInfo).port
  },
  /** Posts so many events a second until `end`: of all instances, one after the other. */
  begin(perSecond: number): void {
    const event = sampleEvent('0.8 kB')
    const begun = performance.now()
    let posted = 0
    timer = setInterval(() => {
      const due = ((performance.now() - begun) / 1_000) * perSecond
      for (; posted < due; posted++)
        void server.onInstanceEvent({ ...event, instance: names[posted % names.length] as string })
    }, TURN_MS)
  },
  end(): void {
    clearInterval(timer)
  }
}

export type ConsoleServer = typeof consoleServer

serve(consoleServer)
