import type { FauxqsServer } from 'fauxqs'
import type { Test } from 'tap'
import type { Fault, ProxiedCall, RefusedEntry } from './fault-proxy.ts'

/** `npm run chaos` sets it: the same scenarios, larger and longer. */
export const LONG = process.env.CHAOS === 'long'

/** A generator of the same numbers for the same seed (mulberry32), so that a failure can be seen again. */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A seed of its own for each run, or the one of `CHAOS_SEED`. Printed, to be used again. */
export function seed(t: Test): number {
  const value = Number(process.env.CHAOS_SEED ?? Math.floor(Math.random() * 1e9))
  t.comment(`CHAOS_SEED=${value}`)
  return value
}

/** Faults of every kind, at random, on a part of the calls that send. */
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

/** An entry that SQS does not take, and those of the same group behind it: a group's order is the queue's to keep. */
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

export interface Content {
  instance: string
  id: string
  offset: number
  data: unknown
}

/** What a queue holds, in order, as consumers would find it. */
export function contents(server: FauxqsServer, queue: string): Content[] {
  return (server.inspectQueue(queue)?.messages.ready ?? []).map(({ body }) => JSON.parse(body) as Content)
}

/** Deduplication ids that the emulator remembers of a queue. SQS remembers those of five minutes, however many. */
const REMEMBERED = 10_000

/** Without what the emulator took again after it had forgotten it, and SQS would not have. */
function withoutForgotten(messages: readonly Content[]): Content[] {
  const places = new Map<number, number>()
  return messages.filter(({ offset }, place) => {
    const before = places.get(offset)
    places.set(offset, place)
    return before === undefined || place - before <= REMEMBERED
  })
}

export interface Expectation {
  queue: string
  /** What must be found of each instance, in order. */
  expected: Map<string, unknown[]>
  /** The part of a message's data that is compared. @default all of it */
  pick?: (data: unknown) => unknown
}

/** Checks a queue: of every instance exactly what is expected, once, in order, and offsets that grow. */
export function checkQueue(
  t: Test,
  server: FauxqsServer,
  { queue, expected, pick = (data) => data }: Expectation
): void {
  const all = contents(server, queue)
  const kept = withoutForgotten(all)
  if (kept.length < all.length)
    t.comment(`${queue}: ${all.length - kept.length} messages came again that the emulator had forgotten`)
  const found = Map.groupBy(kept, ({ instance }) => instance)
  t.same([...found.keys()].sort(), [...expected.keys()].sort(), `${queue}: these instances`)
  for (const [instance, wanted] of expected) {
    const messages = found.get(instance) ?? []
    const data = messages.map((message) => pick(message.data))
    // Thousands of numbers in a diff help nobody: it is made only if it is needed.
    if (JSON.stringify(data) === JSON.stringify(wanted)) t.pass(`${queue}: ${instance} is complete, once, in order`)
    else t.same(data, wanted, `${queue}: ${instance}`)
    t.ok(
      messages.every(({ offset }, index) => index === 0 || offset > (messages[index - 1]?.offset ?? 0)),
      'offsets grow'
    )
    t.equal(new Set(messages.map(({ id }) => id)).size, messages.length, 'no id twice')
  }
}
