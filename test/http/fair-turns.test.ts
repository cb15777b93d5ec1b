import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { FairTurns } from '../../lib/http/fair-turns.ts'

t.test('lines take turns, each in its own order, and failures concern nobody else', async (t) => {
  const turns = new FairTurns()
  const done: string[] = []
  const run = (line: string, name: string, work: () => unknown = () => done.push(name)) =>
    turns.run({ line, size: 1 }, work)
  const results = [
    run('a', 'a1'),
    run('a', 'a2', async () => {
      await setImmediate()
      done.push('a2')
    }),
    run('a', 'a3'),
    run('b', 'b1', () => {
      throw new Error('b1 fails')
    }),
    run('c', 'c1'),
    run('b', 'b2')
  ]
  t.same(done, [], 'nothing is done within the call')
  t.match(await Promise.allSettled(results), [
    {},
    {},
    {},
    { status: 'rejected', reason: { message: 'b1 fails' } },
    { status: 'fulfilled' },
    {}
  ])
  t.same(done, ['a1', 'c1', 'a2', 'b2', 'a3'])
  t.equal(await run('a', 'again', () => 'later'), 'later')
})

t.test('the event loop turns when enough was done', async (t) => {
  const turns = new FairTurns()
  const loops: number[] = []
  let loop = 0
  const count = async () => {
    while (loops.length < 4) {
      loop++
      await setImmediate()
    }
  }
  const counting = count()
  await Promise.all([40_000, 40_000, 100_000, 1].map((size) => turns.run({ line: 'a', size }, () => loops.push(loop))))
  await counting
  const [first = 0] = loops
  t.same(
    loops.map((each) => each - first),
    [0, 0, 1, 2]
  )
})
