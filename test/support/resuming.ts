import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { SqliteStore } from '../../lib/store/sqlite/store.ts'
import type { EventStore } from '../../lib/store/event-store.ts'
import type { ReadOptions } from '../../lib/store/log-store.ts'
import type { Received } from './sockets.ts'
import { soon } from './until.ts'

/** What came: the data of events, and what `resumed` told but for which log it was. */
export const data = (received: Received[]) =>
  received.map(({ event, message }) => {
    if (event !== 'resumed') return message.data
    const { log: _, ...rest } = message
    return rest
  })

/** Calls of an instance, one after the other. */
export async function emit(app: FastifyInstance, instance: string, ...values: unknown[]): Promise<void> {
  for (const value of values) await app.onInstanceEvent({ instance, event: 'call', data: value })
}

/** The same, many at once: numbers from 0. */
export async function emitMany(app: FastifyInstance, instance: string, count: number): Promise<void> {
  await app.eventLog.accept(Array.from({ length: count }, (_, data) => ({ instance, event: 'call', data })))
}

/** Numbers from 0. */
export const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)

/** A read of the log that waits for the test. */
export interface HeldRead {
  options: ReadOptions
  /** Answers with what was read when it was asked. */
  answer(): void
  /** Reads now, then answers. */
  answerLate(): void
  fail(error: Error): void
}

export interface HeldStore {
  store: EventStore
  /** How often the log was read. */
  reads: () => number
  /** The next read that nobody has taken yet. */
  read(): Promise<HeldRead>
  /** Answers all reads at once from now on. */
  open(): void
}

/** A store in memory whose reads of the log are slow: each waits until the test answers it. Closed after the test. */
export function heldStore(t: Test): HeldStore {
  const store = new SqliteStore({ path: ':memory:' })
  t.after(() => store.close())
  const read = store.log.read.bind(store.log)
  const waiting: HeldRead[] = []
  let wake = () => {}
  let reads = 0
  let held = true
  t.intercept(store.log, 'read', {
    value: (options: ReadOptions) => {
      reads++
      if (!held) return read(options)
      const early = read(options)
      const { promise, resolve, reject } = Promise.withResolvers<Awaited<typeof early>>()
      const answerLate = () => resolve(read(options))
      waiting.push({ options, answer: () => resolve(early), answerLate, fail: reject })
      wake()
      return promise
    }
  })
  return {
    store,
    reads: () => reads,
    read: async () => {
      while (waiting.length === 0) await soon(new Promise<void>((resolve) => (wake = resolve)), 'a read of the log')
      // It is not empty.
      return waiting.shift() as HeldRead
    },
    open: () => {
      held = false
      for (const { answer } of waiting.splice(0)) answer()
    }
  }
}
