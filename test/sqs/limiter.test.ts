import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { Limiter } from '../../lib/sqs/limiter.ts'

t.test('works begin in the order of calls, and take no more places than there are', async (t) => {
  const limiter = new Limiter(4)
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  const run = (name: string, places?: number) =>
    limiter.run(() => {
      begun.push(name)
      return new Promise<void>((resolve) => ends.set(name, resolve))
    }, places)
  const end = async (name: string) => {
    ends.get(name)?.()
    await setImmediate()
    return begun.splice(0).join()
  }
  const all = [run('a', 3), run('b'), run('huge', 9), run('c', 2), run('d', 2)]
  await setImmediate()
  t.equal(begun.splice(0).join(), 'a,b')
  t.equal(await end('a'), '', 'the next one needs all places, and is not overtaken')
  t.equal(await end('b'), 'huge')
  t.equal(await end('huge'), 'c,d')
  await end('c')
  await end('d')
  await Promise.all(all)
  await t.rejects(
    limiter.run(() => Promise.reject(new Error('failed')), 4),
    /failed/
  )
  await limiter.run(async () => {}, 4)
})
