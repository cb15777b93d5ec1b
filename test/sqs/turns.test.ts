import t from 'tap'
import { Lane } from '../../lib/sqs/lane.ts'
import { QueueLine } from '../../lib/sqs/queue-line.ts'
import { Turns } from '../../lib/sqs/turns.ts'
import { newEvent } from '../support/new-event.ts'

/** A queue with a lane of so many events; one that fails has had a failed call. */
function queue(name: string, { events = 1, fails = false } = {}): QueueLine {
  const lane = new Lane(
    { queue: name, instanceKey: 1, epoch: undefined },
    { used: 0, max: 1_000_000 },
    { after: 0, behind: false }
  )
  const stored = Array.from({ length: events }, (_, n) => ({
    ...newEvent({ queues: [name] }),
    offset: n + 1,
    instanceKey: 1,
    acceptedAt: 0
  }))
  lane.unshift(stored)
  const line = new QueueLine(name)
  line.push(lane)
  if (fails) line.attempts = 1
  return line
}

/** Begins calls for as long as queues may send. Returns the names of the queues, and functions that end their calls. */
function begin(turns: Turns) {
  const begun: { queue: string; end: () => void }[] = []
  for (let line = turns.take(); line; line = turns.take()) begun.push({ queue: line.queue, end: turns.begin(line) })
  return { queues: begun.map((call) => call.queue), ends: begun.map(({ end }) => end) }
}

t.test('queues send in the order in which they were added, up to the number of calls', async (t) => {
  const turns = new Turns(4)
  for (const name of ['a', 'b', 'c', 'd', 'e']) turns.add(queue(name, { events: 10 }))
  const { queues, ends } = begin(turns)
  t.strictSame(queues, ['a', 'b', 'c', 'd'])
  ends[0]?.()
  t.strictSame(begin(turns).queues, ['e'])
})

t.test('half of the calls are for full batches', async (t) => {
  const turns = new Turns(4)
  for (const name of ['a', 'b', 'c']) turns.add(queue(name))
  const { queues, ends } = begin(turns)
  t.strictSame(queues, ['a', 'b'])
  ends[0]?.()
  t.strictSame(begin(turns).queues, ['c'])
})

t.test('queues that fail have at most half of the calls, and one at a time of those while others send', async (t) => {
  const turns = new Turns(4)
  for (const name of ['f1', 'f2', 'f3']) turns.add(queue(name, { fails: true }))
  const alone = begin(turns)
  t.strictSame(alone.queues, ['f1', 'f2'])
  for (const name of ['a', 'b']) turns.add(queue(name, { events: 10 }))
  t.strictSame(begin(turns).queues, ['a', 'b'])
  for (const end of alone.ends) end()
  for (const name of ['c', 'd']) turns.add(queue(name, { events: 10 }))
  t.strictSame(begin(turns).queues, ['f3', 'c'])
})

t.test('after a call of a queue that fails, the next one is of a queue that does not', async (t) => {
  const turns = new Turns(4)
  turns.add(queue('f1', { fails: true }))
  const [end] = begin(turns).ends
  end?.()
  turns.add(queue('f2', { fails: true }))
  turns.add(queue('a', { events: 10 }))
  t.strictSame(begin(turns).queues, ['a', 'f2'])
})

t.test('a queue that waits, has nothing to send, or retries already is passed over', async (t) => {
  const turns = new Turns(4)
  const waiting = queue('waiting')
  turns.add(waiting)
  waiting.wait(60_000, () => t.fail('it was woken'))
  const retrying = queue('retrying', { fails: true })
  const end = turns.begin(retrying)
  turns.add(retrying)
  turns.add(new QueueLine('empty'))
  t.strictSame(begin(turns).queues, [])
  end()
  turns.add(retrying)
  waiting.wake()
  turns.add(waiting)
  t.strictSame(begin(turns).queues.sort(), ['retrying', 'waiting'])
})
