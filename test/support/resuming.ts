import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { SqliteStore } from '../../lib/store/sqlite/store.ts'
import type { EventStore } from '../../lib/store/event-store.ts'
import type { LogStore, PageRequest, ReadPagesOptions } from '../../lib/store/log-store.ts'
import type { Received } from './sockets.ts'
import { soon } from './until.ts'

/** Returns the data of received events, and the messages of `resuming` and `resumed` without their log. */
export const data = (received: Received[]) =>
  received.map(({ event, message }) => {
    if (event !== 'resumed' && event !== 'resuming') return message.data
    const { log: _, ...rest } = message
    return rest
  })

/** Emits events of an instance, one after the other. */
export async function emit(app: FastifyInstance, instance: string, ...values: unknown[]): Promise<void> {
  for (const value of values) await app.onInstanceEvent({ instance, event: 'call', data: value })
}

/** Emits events of an instance at once, whose data are numbers from 0. */
export async function emitMany(app: FastifyInstance, instance: string, count: number): Promise<void> {
  await app.eventLog.accept(Array.from({ length: count }, (_, data) => ({ instance, event: 'call', data })))
}

/** Returns the numbers from 0 to `count` - 1. */
export const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)

/** A read of pages of the log that waits for the test. */
export interface HeldRead {
  /** What its pages are to have; the first of them. */
  requests: readonly PageRequest[]
  options: PageRequest & ReadPagesOptions
  /** Answers with the events of the time of the call; `prunedTo`: as if events were pruned meanwhile. */
  answer(changes?: { prunedTo: number }): void
  /** Answers with the events of now. */
  answerLate(): void
  fail(error: Error): void
}

export interface HeldStore {
  store: EventStore
  /** The number of reads so far. */
  reads: () => number
  /** Resolves with the next read that was not returned before. */
  read(): Promise<HeldRead>
  /** Answers waiting and later reads at once. */
  open(): void
}

/** A store in memory whose reads of the log wait until the test answers them; closed after the test. */
export function heldStore(t: Test): HeldStore {
  const store = new SqliteStore({ path: ':memory:' })
  t.after(() => store.close())
  const read = store.log.readPages.bind(store.log)
  const waiting: HeldRead[] = []
  let wake = () => {}
  let reads = 0
  let held = true
  t.intercept(store.log, 'readPages', {
    value: (...[requests, limits]: Parameters<LogStore['readPages']>) => {
      reads++
      if (!held) return read(requests, limits)
      const early = read(requests, limits)
      const { promise, resolve, reject } = Promise.withResolvers<Awaited<typeof early>>()
      const answerLate = () => resolve(read(requests, limits))
      // None is without a request.
      const options = { ...(requests[0] as PageRequest), ...limits }
      const answer: HeldRead['answer'] = (changes) =>
        resolve(early.then((pages) => pages.map((page) => ({ ...page, ...changes }))))
      waiting.push({ requests, options, answer, answerLate, fail: reject })
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
