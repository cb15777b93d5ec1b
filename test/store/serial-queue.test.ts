import t from 'tap'
import { SerialQueue, type Batcher } from '../../lib/store/serial-queue.ts'

/** Batches of numbers; a negative one fails, and takes the batch with it. */
function makeBatcher(members: Partial<Batcher<number, string>> = {}) {
  const batches: number[][] = []
  const batcher: Batcher<number, string> = {
    run: async (items) => {
      batches.push([...items])
      if (items.some((item) => item < 0)) throw new Error('negative')
      return items.map((item) => `done ${item}`)
    },
    weigh: (item) => item,
    maxWeight: 10,
    isolates: () => true,
    ...members
  }
  return { batcher, batches }
}

t.test('what comes in one turn is done at once, in order, up to its weight', async (t) => {
  const queue = new SerialQueue()
  const { batcher, batches } = makeBatcher()
  t.notOk(queue.busy)
  const results = Promise.all([4, 5, 6, 20, 1].map((item) => queue.addTo(batcher, item)))
  t.ok(queue.busy)
  t.strictSame(await results, ['done 4', 'done 5', 'done 6', 'done 20', 'done 1'])
  t.strictSame(batches, [[4, 5], [6], [20], [1]])
})

t.test('what comes while something is under way is done next; other work keeps its place', async (t) => {
  const queue = new SerialQueue()
  const { batcher, batches } = makeBatcher()
  const order: string[] = []
  const first = queue.add(async () => {
    void queue.addTo(batcher, 1)
    void queue.addTo(batcher, 2)
    void queue.add(async () => order.push('alone')).then(() => order.push(`after ${batches.length}`))
    return 'first'
  })
  t.equal(await first, 'first')
  await queue.addTo(batcher, 3)
  t.strictSame(order, ['alone', 'after 1'])
  t.strictSame(batches, [[1, 2], [3]])
})

t.test('one that fails is rejected alone, if it may be to blame', async (t) => {
  const queue = new SerialQueue()
  const { batcher } = makeBatcher()
  const all = (items: number[]) =>
    Promise.allSettled(items.map((item) => queue.addTo(batcher, item))).then((outcomes) =>
      outcomes.map(({ status }) => status)
    )
  t.strictSame(await all([1, -1, 2]), ['fulfilled', 'rejected', 'fulfilled'])
  delete batcher.isolates
  t.strictSame(await all([1, -1, 2]), ['rejected', 'rejected', 'rejected'])
})

t.test('lazy work waits for other work, or for its time', async (t) => {
  const queue = new SerialQueue()
  const { batcher, batches } = makeBatcher()
  const lazy = queue.addTo(batcher, 1, { lazy: true })
  await Promise.all([lazy, queue.addTo(batcher, 2, { lazy: true }), queue.addTo(batcher, 3)])
  t.strictSame(batches, [[1, 2, 3]])
  t.equal(await queue.addTo(batcher, 4, { lazy: true }), 'done 4')
})

t.test('closing does what waits, and refuses the rest', async (t) => {
  const queue = new SerialQueue()
  const { batcher } = makeBatcher()
  const lazy = queue.addTo(batcher, 1, { lazy: true })
  const closed = queue.close()
  await t.rejects(queue.addTo(batcher, 2), { code: 'IEV_CLOSING' })
  t.equal(await lazy, 'done 1')
  await closed
  await queue.close()
  t.notOk(queue.busy)
})
