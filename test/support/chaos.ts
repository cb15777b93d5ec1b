import type { FauxqsServer } from 'fauxqs'
import type { Test } from 'tap'
import type { Fault, ProxiedCall, RefusedEntry } from './fault-proxy.ts'
import { firstDifference } from './first-difference.ts'
import type { Received } from './sockets.ts'

/** Whether the scenarios run in their long form, as `npm run chaos` does: larger, and for longer. */
export const LONG = process.env.CHAOS === 'long'

/**
 * Milliseconds until a call without an answer loses its connection in the short form, which does not wait for the
 * deadline of calls.
 */
export const SILENCE_MS = 1_000

/** A generator of random numbers (mulberry32); a failure can be repeated, because a seed always gives the same numbers. */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A new seed for each run, or `CHAOS_SEED`. It is printed, so that a run can be repeated. */
export function seed(t: Test): number {
  const value = Number(process.env.CHAOS_SEED ?? Math.floor(Math.random() * 1e9))
  t.comment(`CHAOS_SEED=${value}`)
  return value
}

/** Faults of every kind, at random, for a share of the calls that send messages. */
export function randomFaults(next: () => number, share: number): (call: ProxiedCall) => Fault {
  return ({ action, body }) => {
    if (action !== 'SendMessageBatch' || next() >= share) return undefined
    const kinds: Fault[] = [
      'reset',
      'reset-after',
      'silence',
      { status: 500, code: 'InternalFailure' },
      { status: 503, code: 'ServiceUnavailable' },
      { status: 400, code: 'RequestThrottled' },
      { status: 400, code: 'QueueDoesNotExist' },
      { refuse: refusals(body.Entries as Entry[], next) }
    ]
    return kinds[Math.floor(next() * kinds.length)]
  }
}

export interface Entry {
  Id: string
  MessageGroupId: string
}

/** Refuses an entry and those behind it in its group: a queue that accepted them would break the order of the group. */
export function refusals(entries: readonly Entry[], next: () => number): RefusedEntry[] {
  const first = Math.floor(next() * entries.length)
  const group = entries[first]?.MessageGroupId
  const SenderFault = next() < 0.5
  const Code = SenderFault ? 'InvalidMessageContents' : 'InternalError'
  return entries
    .slice(first)
    .filter(({ MessageGroupId }) => MessageGroupId === group)
    .map(({ Id }) => ({ Id, Code, SenderFault }))
}

interface Content {
  instance: string
  id: string
  offset: number
  data: unknown
}

/** The messages of a queue in the order in which it accepted them. The emulator lists those of a FIFO queue by group. */
export function messagesOf(server: FauxqsServer, queue: string) {
  const messages = server.inspectQueue(queue)?.messages.ready ?? []
  return messages.toSorted((a, b) => Number(BigInt(a.sequenceNumber ?? 0) - BigInt(b.sequenceNumber ?? 0)))
}

/** The bodies of a queue, in order, as consumers would find them. */
function contents(server: FauxqsServer, queue: string): Content[] {
  return messagesOf(server, queue).map(({ body }) => JSON.parse(body) as Content)
}

/** Deduplication ids that the emulator remembers of a queue. SQS remembers those of five minutes, however many. */
const REMEMBERED = 10_000

/** Leaves out repeats that the emulator accepted after it had forgotten their ids: SQS would have dropped them. */
function withoutForgotten(messages: readonly Content[]): Content[] {
  const places = new Map<number, number>()
  return messages.filter(({ offset }, place) => {
    const before = places.get(offset)
    places.set(offset, place)
    return before === undefined || place - before <= REMEMBERED
  })
}

/** The data that a queue must hold of each instance, in order. */
export type Expected = ReadonlyMap<string, readonly unknown[]>

/**
 * Checks queues by name: each holds exactly the expected data, once and in order, under offsets that grow and ids that differ.
 * @param pick the part of a message's data that is compared; all of it by default
 */
export function checkQueues(
  t: Test,
  server: FauxqsServer,
  expected: Readonly<Record<string, Expected>>,
  pick = (data: unknown) => data
): void {
  const wrong = Object.entries(expected).flatMap(([queue, ofInstances]) => {
    const all = contents(server, queue)
    const kept = withoutForgotten(all)
    if (kept.length < all.length)
      t.comment(`${queue}: ${all.length - kept.length} repeats after more messages than the emulator remembers`)
    const found = Map.groupBy(kept, ({ instance }) => instance)
    return [...new Set([...found.keys(), ...ofInstances.keys()])].map((instance) => {
      const messages = found.get(instance) ?? []
      return {
        queue,
        instance,
        data: firstDifference(
          messages.map(({ data }) => pick(data)),
          ofInstances.get(instance) ?? []
        ),
        unordered: messages
          .map(({ offset }) => offset)
          .filter((offset, index) => offset <= (messages[index - 1]?.offset ?? 0)),
        sameIds: messages.length - new Set(messages.map(({ id }) => id)).size
      }
    })
  })
  t.strictSame(
    wrong.filter(({ data, unordered, sameIds }) => data || unordered.length > 0 || sameIds > 0),
    [],
    'the queues hold every event once, in order'
  )
}

export interface ResumingListener {
  /** Names it in a failure. */
  of: unknown
  received: Received[]
  /** The offsets of the events that it must have received, in order. */
  expected: readonly number[]
}

/** Checks clients that resume: each received exactly the expected events, once and in order, and complete replays only. */
export function checkListeners(t: Test, listeners: readonly ResumingListener[]): void {
  const wrong = listeners.map(({ of, received, expected }) => {
    const replays = replaysOf(received)
    return {
      of,
      offsets: firstDifference(offsetsOf(received), expected),
      replays: replays.length,
      incomplete: replays.filter(({ complete }) => complete !== true)
    }
  })
  t.strictSame(
    wrong.filter(({ offsets, replays, incomplete }) => offsets || replays === 0 || incomplete.length > 0),
    [],
    'the clients received every event once, in order'
  )
}

/** The notifications of replays that have ended. */
export function replaysOf(received: readonly Received[]): Received['message'][] {
  return received.filter(({ event }) => event === 'resumed').map(({ message }) => message)
}

/** The offsets of the events that a client received. */
export function offsetsOf(received: readonly Received[]): unknown[] {
  return received
    .filter(({ event }) => event !== 'resumed' && event !== 'resuming')
    .map(({ message }) => message.offset)
}
