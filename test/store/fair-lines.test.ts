import t from 'tap'
import { FairLines, LINE_OF_COMMITTED, type Lined } from '../../lib/store/fair-lines.ts'

const item = (line: string, weight: number): Lined => ({ line, weight })

/** Chooses batches until nothing is left. Returns the indices of each. */
function batches(items: readonly Lined[]): number[][] {
  const lines = new FairLines()
  let left = items.map((next, index) => ({ ...next, index }))
  const chosen: number[][] = []
  while (left.length > 0) {
    const batch = lines.choose(left, 0).map((place) => left[place]?.index ?? Number.NaN)
    chosen.push(batch)
    left = left.filter(({ index }) => !batch.includes(index))
  }
  return chosen
}

t.test('a line alone has whole batches', async (t) => {
  t.same(batches([0.5, 0.5, 0.5, 2, 0.1].map((weight) => item('a', weight))), [[0, 1], [2], [3], [4]])
})

t.test('while others wait, a line has a part of each batch, or one item alone, and keeps its order', async (t) => {
  t.same(batches([item('a', 0.1), item('a', 0.1), item('a', 0.1), item('b', 0.1), item('a', 0.3)]), [
    [0, 3, 1],
    [2, 4]
  ])
  t.same(batches([item('a', 0.5), item('b', 0.1), item('b', 0.1)]), [[1, 2], [0]])
  t.same(batches([item('a', 2), item('a', 2), item('b', 0.01), item('b', 0.01)]), [[2, 3], [0], [1]])
})

t.test('neither a line that comes again and again nor one with large items waits forever', async (t) => {
  const lines = new FairLines()
  const waiting = [item('large', 3), item('large', 3)]
  const turns: number[] = []
  for (let turn = 0; turn < 60; turn++) {
    // A new line each time, and one that is always there.
    const items = [...waiting, item(`new ${turn}`, 0.2), item('steady', 0.2)]
    const chosen = new Set(lines.choose(items, turn).map((index) => items[index]?.line))
    if (chosen.has('large')) {
      turns.push(turn)
      waiting.pop()
    } else t.ok(chosen.has('steady'))
  }
  t.equal(turns.length, 2)
  t.ok((turns[0] ?? 0) > 3, 'it waits while the others have had less')
})

t.test('a line that waits goes before one that had more, also in later batches, until they are reset', async (t) => {
  const lines = new FairLines()
  const waiting = [item('a', 1), item('a', 1), item('b', 1)]
  t.same(lines.choose(waiting, 0), [0])
  t.same(lines.choose(waiting.slice(1), 0), [1])
  t.same(lines.choose([item('a', 1), item('c', 1)], 0), [0])
  lines.reset()
  t.same(lines.choose([item('c', 1), item('a', 1)], 0), [0])
})

t.test('a line has a part of each batch for a second after another one had something', async (t) => {
  const lines = new FairLines()
  const waiting = Array.from({ length: 10 }, () => item('a', 0.125))
  const countAt = (now: number) => lines.choose(waiting, now).length
  const saw = (now: number, ...names: string[]) => names.forEach((name) => lines.saw(name, now))
  saw(0, 'a', LINE_OF_COMMITTED, 'a')
  t.equal(countAt(0), 8, 'what is committed is not beside it')
  saw(1_000, 'b')
  t.equal(countAt(1_000), 2)
  saw(1_990, 'a', 'a')
  t.equal(countAt(1_999), 2)
  t.equal(countAt(2_000), 8)
  saw(2_500, 'b', 'c', 'a', 'c')
  t.equal(countAt(3_499), 2)
  t.equal(countAt(3_500), 8)
})
