import type { Test } from 'tap'
import type { Open } from '../conformance.ts'

const SERVICE = 'sqs.sa-east-1.amazonaws.com sa-east-1'

export function knownQueues(t: Test, open: Open): void {
  void t.test('a queue is known after a restart, to its own service, until it is forgotten', async (t) => {
    const { store, reopen } = await open(t)
    const queue = (name: string) => ({
      name,
      service: SERVICE,
      url: `https://sqs.example/1/${name}`,
      maxBytes: 262_144
    })
    const [first, second] = [queue('first.fifo'), queue('second.fifo')]
    t.equal(await store.queues.find('first.fifo', SERVICE), undefined)
    await Promise.all([store.queues.keep(first), store.queues.keep(second), store.queues.keep(first)])

    const { queues } = await reopen()
    const found = ['first.fifo', 'second.fifo', 'third.fifo'].map((name) => queues.find(name, SERVICE))
    t.strictSame(await Promise.all(found), [first, second, undefined])
    t.equal(await queues.find('first.fifo', 'localhost:4566 us-east-1'), undefined)

    const listed = async (after: string, limit: number) =>
      (await queues.list(SERVICE, { after, limit })).map(({ name }) => name)
    t.strictSame(await queues.list(SERVICE, { after: '', limit: 1 }), [first])
    t.strictSame(
      [await listed('', 9), await listed('first.fifo', 9), await listed('second.fifo', 9)],
      [['first.fifo', 'second.fifo'], ['second.fifo'], []]
    )
    t.strictSame(await queues.list('localhost:4566 us-east-1', { after: '', limit: 9 }), [])

    const moved = {
      ...first,
      service: 'localhost:4566 us-east-1',
      url: 'http://localhost:4566/1/first.fifo',
      maxBytes: 1_024
    }
    await queues.keep(moved)
    t.equal(await queues.find('first.fifo', SERVICE), undefined)
    t.strictSame(await queues.find('first.fifo', moved.service), moved)

    await queues.forget('first.fifo')
    await queues.forget('first.fifo')
    t.equal(await queues.find('first.fifo', moved.service), undefined)
    t.strictSame(await queues.find('second.fifo', SERVICE), second)
  })

  void t.test('what is kept right before a store closes is written', async (t) => {
    const { store, reopen } = await open(t)
    const queue = { name: 'last.fifo', service: SERVICE, url: 'https://sqs.example/1/last.fifo', maxBytes: 1_024 }
    void store.queues.keep(queue)
    const reopened = await reopen()
    t.strictSame(await reopened.queues.find('last.fifo', SERVICE), queue)
    await reopened.close()
    await t.rejects(reopened.queues.find('last.fifo', SERVICE), { code: 'IEV_CLOSING' })
    await t.rejects(reopened.queues.keep(queue), { code: 'IEV_CLOSING' })
  })
}
