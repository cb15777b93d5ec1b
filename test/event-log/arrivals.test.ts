import { getEventListeners } from 'node:events'
import t from 'tap'
import { Arrivals } from '../../lib/event-log/arrivals.ts'
import type { StoredEvent } from '../../lib/events/event.ts'
import type { Instance } from '../../lib/instances/instance.ts'
import type { LogSubscriber } from '../../lib/store/log-store.ts'
import { newEvent } from '../support/new-event.ts'

/** A log whose events the test passes on, and the waits that have ended. */
function start() {
  const log = { subscriber: undefined as LogSubscriber | undefined, tails: 0 }
  const arrivals = new Arrivals({
    tail: (subscriber) => {
      log.subscriber = subscriber
      log.tails++
      subscriber.entered({ id: 'first', upTo: 0 })
      return () => void (log.subscriber = undefined)
    }
  })
  const ended: string[] = []
  const begin = (name: string, instanceKey?: number, events?: string[], signal = new AbortController().signal) => {
    const wait = arrivals.begin({ instanceKey, events }, signal)
    void wait.arrived.then(() => ended.push(name))
    return wait
  }
  const arrive = (event: string, instanceKey: number) => {
    const stored: StoredEvent = { ...newEvent({ event }), offset: 1, instanceKey, acceptedAt: 0 }
    log.subscriber?.advanced([stored], 1)
  }
  return { log, arrivals, ended, begin, arrive }
}

const turn = () => new Promise(setImmediate)

t.test('a wait ends at the next event that it is for', async (t) => {
  const { log, begin, arrive, ended } = start()
  const waits = [begin('all'), begin('one', 1), begin('calls of two', 2, ['call'])]
  await turn()
  t.strictSame(ended, [], 'not at the epoch in which it has begun')
  t.match(log.subscriber?.interest(), { all: true })
  t.strictSame([...(log.subscriber?.interest().instanceKeys ?? [])], [1, 2])
  arrive('labels.edit', 2)
  await turn()
  t.strictSame(ended, ['all'])
  arrive('call', 1)
  arrive('call', 2)
  await turn()
  t.strictSame(ended, ['all', 'one', 'calls of two'])
  t.equal(log.tails, 1, 'all of them follow the log together')
  for (const { end } of waits) end()
  t.equal(log.subscriber, undefined, 'nobody waits, nobody follows')
  begin('later')
  t.equal(log.tails, 2)
})

t.test('a request that waits again and again leaves no listener on its signal', async (t) => {
  const { begin } = start()
  const { signal } = new AbortController()
  for (let turn = 0; turn < 3; turn++) {
    const { end } = begin('request', 1, undefined, signal)
    t.equal(getEventListeners(signal, 'abort').length, 1)
    end()
  }
  t.equal(getEventListeners(signal, 'abort').length, 0)
})

t.test('a wait ends with its instance, a new epoch, its signal and at the close', async (t) => {
  const { log, arrivals, begin, ended } = start()
  const gone = new AbortController()
  begin('one', 1)
  begin('two', 2, undefined, gone.signal)
  begin('aborted', 3, undefined, AbortSignal.abort())
  // Only the key is looked at.
  arrivals.changed({ key: 1 } as Instance)
  gone.abort()
  await turn()
  t.strictSame(ended.toSorted(), ['aborted', 'one', 'two'])
  begin('until the epoch', 4)
  log.subscriber?.entered({ id: 'second', upTo: 0 })
  await turn()
  begin('until the close', 5)
  t.equal(arrivals.closed, false)
  arrivals.close()
  await turn()
  t.strictSame(ended.slice(3), ['until the epoch', 'until the close'])
  t.equal(arrivals.closed, true)
})

t.test('only so many may wait', async (t) => {
  const { begin } = start()
  const waits = Array.from({ length: 10_000 }, (_, n) => begin(String(n), n))
  t.throws(() => begin('one more'), { code: 'IEV_TOO_MANY_REQUESTS', statusCode: 429 })
  waits[0]?.end()
  begin('instead')
})
