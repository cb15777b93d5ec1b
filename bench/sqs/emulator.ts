import { equal, ok } from 'node:assert/strict'
import { setTimeout } from 'node:timers/promises'
import { startFauxqs } from 'fauxqs'
import type { Bench } from '../harness/bench.ts'
import { instanceNames, type Sender, SHARED_QUEUE } from './sender.ts'

interface Message {
  instance: string
  data: { n: number }
}

const INSTANCES = 5
const RUN_MS = 100
const PATIENCE_MS = 20_000
/** Digits of offsets and numbers. */
const SIZES_MAY_DIFFER_BY = 8

/** Checks that a real emulator accepts the messages of all senders, each once and in order. Measures nothing. */
export async function checkWithEmulator(bench: Bench): Promise<void> {
  const sizes: number[] = []
  for (const [module, ownQueues] of [
    ['ours.ts', false],
    ['ours.ts', true],
    ['bare-batch.ts', false],
    ['bare-single.ts', false]
  ] as const) {
    const server = await startFauxqs({ port: 0, logger: false })
    try {
      server.createQueue(SHARED_QUEUE, { attributes: { FifoQueue: 'true' } })
      const instances = instanceNames(INSTANCES)
      const sender = bench.start<Sender>(new URL(module, import.meta.url))
      const endpoint = `http://127.0.0.1:${server.port}`
      await sender.call('start', { endpoint, folder: bench.folder(), instances, ownQueues })
      const count = await sender.call('run', RUN_MS, 1)
      const queues = ownQueues ? instances.map((instance) => `${instance}_messages_upsert.fifo`) : [SHARED_QUEUE]
      const contents = () => queues.map((queue) => server.inspectQueue(queue)?.messages.ready ?? [])
      const deadline = performance.now() + PATIENCE_MS
      while (contents().flat().length < count && performance.now() < deadline) await setTimeout(20)
      for (const messages of contents()) {
        const all = messages.map(({ body }) => JSON.parse(body) as Message)
        for (const numbers of Map.groupBy(all, ({ instance }) => instance).values()) {
          const found = numbers.map(({ data }) => data.n)
          // Sends that are not awaited arrive in any order.
          if (module === 'bare-single.ts') found.sort((a, b) => a - b)
          for (const [index, n] of found.entries()) equal(n, index + 1)
        }
      }
      equal(contents().flat().length, count)
      sizes.push(contents().flat()[0]?.body.length ?? 0)
      await sender.close()
    } finally {
      await server.stop()
    }
  }
  ok(Math.max(...sizes) - Math.min(...sizes) <= SIZES_MAY_DIFFER_BY, `Messages of one size: ${sizes.join(', ')}`)
}
