import type { ServerResponse } from 'node:http'
import t from 'tap'
import { BufferBudget } from '../../lib/websocket/buffer-budget.ts'
import { EVENT_PAGE } from '../../lib/websocket/event-page.ts'
import { Payload } from '../../lib/websocket/payload.ts'
import { PollWriter } from '../../lib/websocket/poll-writer.ts'

const PROGRESS = { offset: 7, log: 'log', complete: true, isLive: true }

/** A writer whose page is not written to its response yet. */
function start() {
  const budget = new BufferBudget(10_000)
  const response = { destroyed: false, writableEnded: false, writableLength: 0, socket: null }
  const calls = { left: 0, waits: 0 }
  // No more of a response is looked at.
  const writer = new PollWriter(response as unknown as ServerResponse, {
    namespace: '/sales',
    budget,
    waits: () => calls.waits++,
    leave: () => {
      calls.left++
      return PROGRESS
    }
  })
  return { budget, response, calls, writer }
}

const events = (...packets: string[]) => new Payload(packets, { owner: 1, join: EVENT_PAGE.join })
const resumed = (complete: boolean) =>
  events(EVENT_PAGE.notification('/sales', ['resumed', { from: 0, to: 7, count: 0, complete, log: 'log' }]))

t.test('all events of the first write are the page, and nothing follows', async (t) => {
  const { calls, writer } = start()
  writer.send(resumed(true))
  t.equal(calls.left, 0, 'a client that has everything waits')
  writer.send(events('{"n":1}', '{"n":2}'), resumed(false), events('{"n":3}'))
  writer.send(events('{"n":4}'))
  writer.answer()
  const outcome = await writer.outcome
  t.same(outcome.status === 'page' && JSON.parse(String(outcome.body)), {
    events: [{ n: 1 }, { n: 2 }, { n: 3 }],
    after: 7,
    more: false,
    log: 'log',
    complete: false
  })
  t.same(calls, { left: 1, waits: 1 })
})

t.test('a page counts from the time that it is made until the client has read it', async (t) => {
  const { budget, response, writer } = start()
  t.equal(writer.buffered, 0)
  writer.send(events('{}'))
  const { buffered } = writer
  t.equal(budget.held, buffered)
  t.equal(writer.settle(), true, 'it is not written yet')
  t.ok(writer.idleMs(performance.now()) >= 0)
  Object.assign(response, { writableEnded: true, writableLength: 10 })
  t.equal(writer.settle(), true)
  response.destroyed = true
  t.equal(writer.settle(), false)
  t.equal(budget.held, 0)
})

t.test('a wait that ends without a page counts no more events', async (t) => {
  for (const [end, status] of [
    ['disconnect', 'unauthorized'],
    ['close', 'failed']
  ] as const) {
    const { calls, writer } = start()
    writer[end]()
    writer.answer()
    t.same(await writer.outcome, { status })
    t.same(calls, { left: 1, waits: 0 })
  }
})
