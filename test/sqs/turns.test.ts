import t from 'tap'
import { FifoSet } from '../../lib/sqs/fifo-set.ts'
import { Lane } from '../../lib/sqs/lane.ts'
import { QueueLine } from '../../lib/sqs/queue-line.ts'
import { concurrencyFor, Turns } from '../../lib/sqs/turns.ts'
import { newEvent } from '../support/new-event.ts'

/** A queue with a lane of so many events; one that fails has had a failed call. */
function queue(name: string, { events = 1, fails = false } = {}): QueueLine {
  const line = new QueueLine(name)
  line.push(laneOf(name, events))
  if (fails) line.attempts = 1
  return line
}

function laneOf(name: string, events: number): Lane {
  const lane = new Lane(
    { queue: name, instanceKey: 1, epoch: undefined, contentOf: (event) => event },
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
  return lane
}

/** Begins calls for as long as queues may send. Returns the names of the queues, and functions that end their calls. */
function begin(turns: Turns) {
  const begun: { queue: string; end: () => void }[] = []
  for (let line = turns.take(); line; line = turns.take()) {
    begun.push({ queue: line.queue, end: turns.begin(line, { full: line.hasBatch }) })
  }
  return { queues: begun.map((call) => call.queue), ends: begun.map(({ end }) => end) }
}

t.test('a set returns its oldest member, whatever was removed and added again', async (t) => {
  const set = new FifoSet<number>()
  t.equal(set.first, undefined)
  for (const member of [1, 2, 3]) set.add(member)
  t.equal(set.first, 1)
  set.delete(1)
  set.delete(2)
  t.equal(set.first, 3)
  set.add(1)
  set.delete(3)
  t.equal(set.first, 1)
  set.add(4)
  set.delete(1)
  set.add(1)
  t.equal(set.first, 4)
  set.delete(4)
  set.delete(1)
  t.equal(set.first, undefined)
  set.add(5)
  t.equal(set.first, 5)
})

t.test('queues send in the order in which they were added, up to the number of calls', async (t) => {
  const turns = new Turns(() => 4)
  for (const name of ['a', 'b', 'c', 'd', 'e']) turns.add(queue(name, { events: 10 }))
  const { queues, ends } = begin(turns)
  t.strictSame(queues, ['a', 'b', 'c', 'd'])
  ends[0]?.()
  t.strictSame(begin(turns).queues, ['e'])
})

t.test('queues with an event each use all calls while no batch is full', async (t) => {
  const turns = new Turns(() => 4)
  for (const name of ['a', 'b', 'c', 'd', 'e']) turns.add(queue(name))
  const { queues, ends } = begin(turns)
  t.strictSame(queues, ['a', 'b', 'c', 'd'])
  turns.add(queue('full', { events: 10 }))
  ends[0]?.()
  t.strictSame(begin(turns).queues, ['full'], 'it need not wait for those that came before')
  ends[1]?.()
  t.strictSame(begin(turns).queues, ['e'])
})

t.test('of a full batch and a short one, the one that came first goes first', async (t) => {
  const turns = new Turns(() => 8)
  turns.add(queue('full', { events: 10 }))
  turns.add(queue('a'))
  turns.add(queue('other', { events: 10 }))
  t.strictSame(begin(turns).queues, ['full', 'a', 'other'])
})

t.test('full batches leave half of the calls to short ones', async (t) => {
  const turns = new Turns(() => 4)
  for (const name of ['f1', 'f2', 'f3', 'f4']) turns.add(queue(name, { events: 10 }))
  const { ends } = begin(turns)
  for (const name of ['a', 'b', 'c']) turns.add(queue(name))
  for (const name of ['f5', 'f6']) turns.add(queue(name, { events: 10 }))
  for (const end of ends) end()
  t.strictSame(begin(turns).queues, ['a', 'b', 'f5', 'f6'])
})

t.test('beyond half of the calls, a queue with a call under way waits until its batch is full', async (t) => {
  const turns = new Turns(() => 4)
  const growing = queue('growing')
  const ends = [turns.begin(growing, { full: false }), turns.begin(queue('other'), { full: true })]
  turns.add(growing)
  t.strictSame(begin(turns).queues, [])
  growing.push(laneOf('growing', 9))
  turns.add(growing)
  t.strictSame(begin(turns).queues, ['growing'], 'it is full')
  turns.add(growing)
  ends[1]?.()
  turns.add(growing)
  t.strictSame(begin(turns).queues, ['growing'])
})

t.test('a queue whose last call has ended need not wait for a full batch', async (t) => {
  const turns = new Turns(() => 4)
  const growing = queue('growing')
  const end = turns.begin(growing, { full: false })
  for (const name of ['f1', 'f2']) turns.begin(queue(name), { full: true })
  turns.add(growing)
  t.strictSame(begin(turns).queues, [])
  end()
  turns.begin(queue('f3'), { full: true })
  turns.add(growing)
  t.strictSame(begin(turns).queues, ['growing'])
})

t.test('calls under way at once grow with the number of queues, up to a limit', async (t) => {
  const counts = [0, 1, 1_600, 1_601, 10_000, 12_800, 1_000_000]
  t.strictSame(counts.map(concurrencyFor), [32, 32, 32, 33, 200, 256, 256])
})

t.test('queues that fail have at most half of the calls, and one at a time of those while others send', async (t) => {
  const turns = new Turns(() => 4)
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
  const turns = new Turns(() => 4)
  turns.add(queue('f1', { fails: true }))
  const [end] = begin(turns).ends
  end?.()
  turns.add(queue('f2', { fails: true }))
  turns.add(queue('a', { events: 10 }))
  t.strictSame(begin(turns).queues, ['a', 'f2'])
})

t.test('a queue that waits, has nothing to send, or retries already is passed over', async (t) => {
  const turns = new Turns(() => 4)
  const waiting = queue('waiting')
  turns.add(waiting)
  waiting.wait(60_000, () => t.fail('it was woken'))
  const retrying = queue('retrying', { fails: true })
  const end = turns.begin(retrying, { full: false })
  turns.add(retrying)
  turns.add(new QueueLine('empty'))
  t.strictSame(begin(turns).queues, [])
  end()
  turns.add(retrying)
  waiting.wake()
  turns.add(waiting)
  t.strictSame(begin(turns).queues.sort(), ['retrying', 'waiting'])
})
