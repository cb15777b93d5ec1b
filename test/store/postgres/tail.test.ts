import t from 'tap'
import { startTail } from '../../support/postgres-tail.ts'
import { until } from '../../support/until.ts'

for (const [when, epoch] of [
  ['of an epoch that has ended meanwhile', 'first'],
  ['of an epoch that this node did not know yet', 'second']
] as const)
  t.test(`a stretch ${when} is read again, as far as the log reaches now`, async (t) => {
    const asked: number[] = []
    let answer = () => {}
    const stretch = ({ after, upTo }: { after: number; upTo: number }) => {
      asked.push(after)
      const read = (epoch: string) => ({ events: [], reached: upTo, found: { directoryVersion: 0, epoch } })
      if (asked.length > 1) return Promise.resolve(read('second'))
      return new Promise((resolve) => (answer = () => resolve(read(epoch))))
    }
    const enter = () => tail.entered({ id: 'second', upTo: 3 })
    const { tail, subscriber } = startTail(stretch, {
      epoch: 'first',
      sync: async (found) => {
        if (found.epoch === 'second' && subscriber.epochs.length === 1) enter()
      }
    })
    tail.advance(9)
    if (epoch === 'first') enter()
    answer()
    await until(() => asked.length > 1)
    tail.advance(4)
    await subscriber.reached(4)
    t.strictSame(asked.slice(0, 2), [1, 1])
    t.match(subscriber.epochs, [{ id: 'first' }, { id: 'second', upTo: 3 }])
    t.equal(tail.position, 4)
    await tail.stop()
    tail.entered({ id: 'third', upTo: 1 })
    t.equal(subscriber.epochs.length, 2, 'a stopped tail tells nothing')
  })

t.test('a tail that is stopped while it reads tells nothing of what was read', async (t) => {
  let answer: (() => void) | undefined
  const stretch = () => new Promise((resolve) => (answer = () => resolve({ events: [], reached: 9, found: undefined })))
  const { tail } = startTail(stretch, { epoch: 'first' })
  tail.advance(9)
  await until(() => answer !== undefined)
  const stopped = tail.stop()
  answer?.()
  await stopped
  t.equal(tail.position, 1)
})
