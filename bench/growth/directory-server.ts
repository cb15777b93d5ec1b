import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import Fastify from 'fastify'
import app from '../../app.ts'
import { blankInstance, type MemoryDirectory } from '../../lib/instances/memory-directory.ts'
import { serve } from '../harness/serve.ts'
import { API_KEY } from '../latency/live-server.ts'

const SAMPLE_MS = 5
const server = Fastify()
const delay = monitorEventLoopDelay({ resolution: 1 })
let rss = 0
let timer: NodeJS.Timeout

const directoryServer = {
  /** A server that has so many instances, each with both selections. @returns the port */
  async listen(count: number): Promise<number> {
    await server.register(app, {
      apiKey: API_KEY,
      docs: false,
      sqs: false,
      websocket: false,
      eventLog: { url: ':memory:' }
    })
    await server.ready()
    const { catalogue } = server.eventLog
    // Of the store that is opened by URL; `put` spares a commit each.
    const instances = server.eventLog.instances as MemoryDirectory
    const [createdAt, updatedAt] = [new Date(), new Date()]
    for (let key = 1; key <= count; key++) {
      const selection = () => ({ id: randomUUID(), enabled: true, events: catalogue.all, createdAt, updatedAt })
      const selections = { sqs: selection(), websocket: selection() }
      const name = `São Paulo ${(key * 7_919) % 1_000_003}`
      instances.put({ ...blankInstance(name), key, selections })
    }
    await server.listen({ host: '127.0.0.1', port: 0 })
    return (server.server.address() as AddressInfo).port
  },
  begin(): void {
    rss = process.memoryUsage.rss()
    timer = setInterval(() => (rss = Math.max(rss, process.memoryUsage.rss())), SAMPLE_MS)
    delay.reset()
    delay.enable()
  },
  /** How long the event loop was held at most since `begin`, and how large the process was at most. */
  end(): { blockedMs: number; rss: number } {
    clearInterval(timer)
    delay.disable()
    return { blockedMs: delay.max / 1e6, rss }
  }
}

export type DirectoryServer = typeof directoryServer

serve(directoryServer)
