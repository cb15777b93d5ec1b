import { mock } from 'node:test'
import t from 'tap'
import { CommitQueue, Rejection, type Batcher } from '../../lib/store/commit-queue.ts'

/** Batches of numbers: a negative one fails, and its batch with it; zero is left out. */
function makeBatcher({
  synchronous,
  members = {}
}: {
  synchronous: boolean
  members?: Partial<Batcher<number, string>>
}) {
  const batches: number[][] = []
  const run = (items: readonly number[]) => {
    batches.push([...items])
    if (items.some((item) => item < 0)) throw new Error('negative')
    return items.map((item) => (item === 0 ? new Rejection(new Error('zero')) : `done ${item}`))
  }
  const batcher: Batcher<number, string> = {
    run: synchronous ? run : async (items) => run(items),
    weigh: (item) => item / 10,
    isolates: () => true,
    ...members
  }
  return { batcher, batches }
}

for (const synchronous of [true, false]) {
  const kind = synchronous ? 'synchronous' : 'asynchronous'

  t.test(`${kind} items of one turn are done at once, in order, up to the weight of a batch`, async (t) => {
    const queue = new CommitQueue()
    const { batcher, batches } = makeBatcher({ synchronous })
    t.notOk(queue.busy)
    const results = Promise.all([4, 5, 6, 20, 1].map((item) => queue.add(batcher, item)))
    t.ok(queue.busy)
    t.strictSame(batches, [], 'nothing is done within the turn')
    t.strictSame(await results, ['done 4', 'done 5', 'done 6', 'done 20', 'done 1'])
    t.strictSame(batches, [[4, 5], [6], [20], [1]])
  })

  t.test(`a ${kind} item that is left out is rejected alone`, async (t) => {
    const queue = new CommitQueue()
    const { batcher, batches } = makeBatcher({ synchronous })
    const results = await Promise.allSettled([1, 0, 2].map((item) => queue.add(batcher, item)))
    t.match(results, [{ value: 'done 1' }, { reason: { message: 'zero' } }, { value: 'done 2' }])
    t.strictSame(batches, [[1, 0, 2]])
  })

  t.test(`a ${kind} item that makes its batch fail is rejected alone, the others are done`, async (t) => {
    const queue = new CommitQueue()
    const { batcher, batches } = makeBatcher({ synchronous })
    const results = await Promise.allSettled([1, -1, 2].map((item) => queue.add(batcher, item)))
    t.match(results, [{ value: 'done 1' }, { reason: { message: 'negative' } }, { value: 'done 2' }])
    t.strictSame(batches, [[1, -1, 2], [1], [-1], [2]])
  })

  t.test(`a ${kind} batch that fails for no fault of an item is rejected whole`, async (t) => {
    const queue = new CommitQueue()
    const { batcher, batches } = makeBatcher({ synchronous, members: { isolates: () => false } })
    const results = await Promise.allSettled([1, -1, 2].map((item) => queue.add(batcher, item)))
    t.match(
      results,
      results.map(() => ({ reason: { message: 'negative' } }))
    )
    t.strictSame(batches, [[1, -1, 2]])
    t.equal(await queue.add(batcher, 3), 'done 3')
  })

  t.test(`lazy ${kind} items go with the next item, or after a time`, async (t) => {
    mock.timers.enable({ apis: ['setTimeout'] })
    t.after(() => mock.timers.reset())
    const queue = new CommitQueue()
    const { batcher, batches } = makeBatcher({ synchronous })
    const lazy = queue.add(batcher, 1, { lazy: true })
    await new Promise((resolve) => setImmediate(resolve))
    t.strictSame(batches, [], 'a lazy item alone waits')
    await Promise.all([lazy, queue.add(batcher, 2, { lazy: true }), queue.add(batcher, 3)])
    t.strictSame(batches, [[1, 2, 3]])
    const alone = queue.add(batcher, 4, { lazy: true })
    mock.timers.tick(24)
    t.equal(batches.length, 1)
    mock.timers.tick(1)
    t.equal(await alone, 'done 4')
  })

  t.test(`closing does ${kind} items that wait, and refuses later ones`, async (t) => {
    const queue = new CommitQueue()
    const { batcher } = makeBatcher({ synchronous })
    const waiting = [queue.add(batcher, 1, { lazy: true }), queue.add(batcher, 2)]
    const closed = queue.close()
    await t.rejects(queue.add(batcher, 3), { code: 'IEV_CLOSING' })
    await closed
    t.notOk(queue.busy)
    t.strictSame(await Promise.all(waiting), ['done 1', 'done 2'])
    await queue.close()
  })
}

t.test('lines share batches, and an item of another kind keeps its place', async (t) => {
  const queue = new CommitQueue()
  const done: (number | string)[] = []
  const { batcher } = makeBatcher({
    synchronous: true,
    members: {
      line: (item) => (item % 2 === 0 ? 'even' : 'odd'),
      run: (items) => items.map((item) => String(done.push(item)))
    }
  })
  const other: Batcher<number, string> = { run: (items) => items.map((item) => String(done.push(`other ${item}`))) }
  const even = [4, 4, 4, 4].map((item) => queue.add(batcher, item))
  await Promise.all([...even, queue.add(batcher, 1), queue.add(other, 7), queue.add(batcher, 3)])
  t.strictSame(done.slice(-2), ['other 7', 3])
  t.ok(done.indexOf(1) < 4, 'the odd one does not wait for all even ones')
})

t.test('what comes while a batch is prepared may go before it', async (t) => {
  const queue = new CommitQueue()
  const preparing = [Promise.withResolvers<void>()]
  const begun = Promise.withResolvers<readonly number[]>()
  const prepare = (items: readonly number[]) => {
    begun.resolve(items)
    return preparing.pop()?.promise
  }
  const line = (item: number) => (item > 5 ? 'much' : 'little')
  const [held] = preparing
  const { batcher, batches } = makeBatcher({ synchronous: true, members: { prepare, line } })
  const much = queue.add(batcher, 9)
  t.strictSame(await begun.promise, [9])
  const little = queue.add(batcher, 2)
  held?.resolve()
  t.strictSame(await Promise.all([much, little]), ['done 9', 'done 2'])
  t.strictSame(batches, [[2], [9]])
})

t.test('a batch that cannot be prepared fails, and later ones do not', async (t) => {
  const queue = new CommitQueue()
  const faults = [new Error('no room')]
  const prepare = () => {
    const fault = faults.pop()
    return fault && Promise.reject(fault)
  }
  const { batcher, batches } = makeBatcher({ synchronous: true, members: { prepare, isolates: () => false } })
  const results = await Promise.allSettled([1, 2].map((item) => queue.add(batcher, item)))
  t.match(results, [{ reason: { message: 'no room' } }, { reason: { message: 'no room' } }])
  t.equal(await queue.add(batcher, 3), 'done 3')
  t.strictSame(batches, [[3]])
})

t.test('items that come during an asynchronous batch are the next one, and single work keeps its place', async (t) => {
  const queue = new CommitQueue()
  const { batcher, batches } = makeBatcher({ synchronous: false })
  const order: string[] = []
  const first = queue.addSingle(async () => {
    void queue.add(batcher, 1)
    void queue.add(batcher, 2)
    void queue.addSingle(async () => order.push('single')).then(() => order.push(`after ${batches.length}`))
    return 'first'
  })
  t.equal(await first, 'first')
  await queue.add(batcher, 3)
  t.strictSame(order, ['single', 'after 1'])
  t.strictSame(batches, [[1, 2], [3]])
})

t.test('items that a synchronous batch adds are done in another turn', async (t) => {
  const queue = new CommitQueue()
  const turns: number[] = []
  let turn = 0
  const next = Promise.withResolvers<unknown>()
  const batcher: Batcher<number, number> = {
    run: (items) => {
      turns.push(turn)
      if (items.includes(1)) next.resolve(queue.add(batcher, 2))
      return items
    }
  }
  await queue.add(batcher, 1)
  turn++
  t.equal(await next.promise, 2)
  t.strictSame(turns, [0, 1])
})

t.test('closing waits for an asynchronous batch and for those that came meanwhile', async (t) => {
  const queue = new CommitQueue()
  const { batcher, batches } = makeBatcher({ synchronous: false })
  const begun = Promise.withResolvers<void>()
  const end = Promise.withResolvers<void>()
  const first = queue.addSingle(() => {
    begun.resolve()
    return end.promise
  })
  await begun.promise
  const second = queue.add(batcher, 1)
  const closed = queue.close().then(() => batches.length)
  end.resolve()
  t.equal(await closed, 1)
  await Promise.all([first, second])
})
