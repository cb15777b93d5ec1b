import type { Test } from 'tap'
import { newEvents } from '../../support/new-event.ts'
import { RecordingSubscriber } from '../../support/recorders.ts'
import type { Open } from '../conformance.ts'

export function epochs(t: Test, open: Open): void {
  void t.test('each start begins an epoch at the end of the log, which remembers those before it', async (t) => {
    const { store, reopen } = await open(t)
    const { id: first } = await store.log.range()
    t.match(first, /^[0-9a-f]{16}$/)
    await store.log.append(newEvents(3))
    t.equal((await store.log.range()).id, first)
    t.strictSame(await store.log.commonWith(first), { id: first, upTo: 3, isKnown: true })

    const reopened = await reopen()
    const { id: second } = await reopened.log.range()
    t.not(second, first)
    await reopened.log.append(newEvents(2))
    const again = await reopen()
    const { id } = await again.log.range()
    await again.log.append(newEvents(1))
    for (const [other, upTo] of [
      [first, 3],
      [second, 5],
      [id, 6]
    ] as const)
      t.strictSame(await again.log.commonWith(other), { id, upTo, isKnown: true }, other)
    t.strictSame(await again.log.commonWith('of another log'), { id, upTo: 0, isKnown: false })

    const other = (await open(t)).store
    t.match(await other.log.commonWith(id), { upTo: 0, isKnown: false })
  })

  void t.test('a subscriber is told of the epoch before anything else', async (t) => {
    const { store } = await open(t)
    await store.log.append(newEvents(2))
    const subscriber = new RecordingSubscriber()
    const told: string[] = []
    store.log.tail({
      interest: () => subscriber.interest(),
      entered: (epoch) => {
        told.push('entered')
        subscriber.entered(epoch)
      },
      advanced: () => void told.push('advanced')
    })
    t.strictSame(told, ['entered', 'advanced'])
    t.strictSame(subscriber.epochs, [{ id: (await store.log.range()).id, upTo: 2 }])
    await store.log.append(newEvents(1))
    t.equal(subscriber.epochs.length, 1)
  })
}
