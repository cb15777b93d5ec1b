import type { Test } from 'tap'
import { newEvent, newEvents } from '../../support/new-event.ts'
import type { ReadOptions } from '../../../lib/store/log-store.ts'
import type { Open } from '../conformance.ts'

export function reading(t: Test, open: Open): void {
  void t.test('an empty log has an empty range and no events', async (t) => {
    const { store } = await open(t)
    t.match(await store.log.range(), { first: 0, head: 0, prunedTo: 0 })
    t.strictSame(await store.log.read({ after: 0, limit: 10 }), [])
    t.equal(store.deliveries.pendingCount(), 0)
    await t.resolves(store.check())
    t.equal(store.log.damagedEvents(), 0)
  })

  void t.test('the range runs from the first event to the last', async (t) => {
    const { store } = await open(t)
    const results = await store.log.append(newEvents(3))
    t.match(await store.log.range(), { first: results[0]?.offset, head: results[2]?.offset, prunedTo: 0 })
  })

  void t.test('a page begins after the last offset of the page before', async (t) => {
    const { store } = await open(t)
    const ids = (await store.log.append(newEvents(7))).map(({ id }) => id)
    const pages: string[][] = []
    let after = 0
    for (;;) {
      const page = await store.log.read({ after, limit: 3 })
      if (page.length === 0) break
      pages.push(page.map(({ id }) => id))
      after = page.at(-1)?.offset ?? after
    }
    t.strictSame(pages, [ids.slice(0, 3), ids.slice(3, 6), ids.slice(6)])
  })

  void t.test('filters by instance and by name combine', async (t) => {
    const { store } = await open(t)
    const names = ['call', 'messages.upsert', 'call', 'presence.update', 'messages.upsert']
    await store.log.append(
      names.flatMap((event) => [
        newEvent({ event, instance: 'sales', id: `sales ${event}`.concat(newEvent().id) }),
        newEvent({ event, instance: 'support' })
      ])
    )
    const { key } = store.instances.require('sales')
    const all = await store.log.read({ after: 0, limit: 100 })
    const found = async (options: { instanceKey?: number; events?: string[]; after?: number; limit?: number }) =>
      (await store.log.read({ after: 0, limit: 100, ...options })).map(({ offset }) => offset)
    const wanted = (keep: (event: (typeof all)[number]) => boolean) => all.filter(keep).map(({ offset }) => offset)

    t.equal(all.length, 10)
    t.strictSame(
      await found({ instanceKey: key }),
      wanted(({ instance }) => instance === 'sales')
    )
    t.strictSame(
      await found({ events: ['call', 'presence.update'] }),
      wanted(({ event }) => event === 'call' || event === 'presence.update')
    )
    const mine = wanted(({ event, instance }) => event === 'call' && instance === 'sales')
    t.equal(mine.length, 2)
    t.strictSame(await found({ instanceKey: key, events: ['call'] }), mine)
    t.strictSame(await found({ instanceKey: key, events: ['call'], limit: 1 }), mine.slice(0, 1))
    t.strictSame(await found({ instanceKey: key, events: ['call'], after: mine[0]! }), mine.slice(1))
    t.strictSame(await found({ events: ['qrcode.updated'] }), [])
    t.strictSame(await found({ events: [] }), [], 'no names, no events')
    t.strictSame(await found({ instanceKey: key + 1_000 }), [])
  })

  void t.test('a read can be limited to names of instances and to a stretch of the log', async (t) => {
    const { store } = await open(t)
    await store.log.append(['sales', 'support', 'care', 'sales', 'care'].map((instance) => newEvent({ instance })))
    const all = await store.log.read({ after: 0, limit: 100 })
    const offsets = all.map(({ offset }) => offset)
    const found = async (options: { instances?: string[]; instanceKey?: number; after?: number; upTo?: number }) =>
      (await store.log.read({ after: 0, limit: 100, ...options })).map(({ offset }) => offsets.indexOf(offset))
    const { key } = store.instances.require('care')

    t.strictSame(await found({ instances: ['sales'] }), [0, 3])
    t.strictSame(await found({ instances: ['care', 'sales', 'nobody'] }), [0, 2, 3, 4])
    t.strictSame(await found({ instances: [] }), [])
    t.strictSame(await found({ instances: ['sales'], instanceKey: key }), [])
    t.strictSame(await found({ upTo: offsets[2]! }), [0, 1, 2])
    t.strictSame(await found({ after: offsets[0]!, upTo: offsets[2]! }), [1, 2])
    t.strictSame(await found({ instanceKey: key, upTo: offsets[3]! }), [2])
    t.strictSame(await found({ after: offsets[2]!, upTo: offsets[2]! }), [])
  })

  void t.test('newest first, a page begins before the last offset of the page before', async (t) => {
    const { store } = await open(t)
    const [data, envelope, extra] = ['"12345678"', '"sender":null', '']
    const instances = ['sales', 'support', 'sales', 'sales', 'support', 'sales']
    await store.log.append(instances.map((instance) => newEvent({ instance, data, envelope, extra })))
    const offsets = (await store.log.read({ after: 0, limit: 100 })).map(({ offset }) => offset)
    const { key } = store.instances.require('sales')
    const found = async (options: Partial<ReadOptions>) =>
      (await store.log.read({ after: 0, limit: 100, newestFirst: true, ...options })).map(({ offset }) =>
        offsets.indexOf(offset)
      )

    t.strictSame(await found({}), [5, 4, 3, 2, 1, 0])
    t.strictSame(await found({ limit: 2 }), [5, 4])
    t.strictSame(await found({ limit: 2, upTo: offsets[4]! - 1 }), [3, 2])
    t.strictSame(await found({ instanceKey: key }), [5, 3, 2, 0])
    t.strictSame(await found({ instanceKey: key, limit: 2, upTo: offsets[4]! }), [3, 2])
    t.strictSame(await found({ instanceKey: key, after: offsets[2]! }), [5, 3])
    t.strictSame(await found({ instances: ['support'] }), [4, 1])
    t.strictSame(await found({ events: ['qrcode.updated'] }), [])
    t.strictSame(await found({ maxBytes: data.length + envelope.length + 1 }), [5, 4])
    t.strictSame(await found({ upTo: offsets[0]! - 1 }), [])
  })

  void t.test('a page ends with the event that reaches maxBytes, and has one at least', async (t) => {
    const { store } = await open(t)
    const [data, envelope, extra] = ['"12345678"', '"sender":null', '"n":1']
    const size = data.length + envelope.length + extra.length
    await store.log.append(newEvents(5, { data, envelope, extra }))
    const { key } = store.instances.require('sales')
    const count = async (maxBytes: number) => [
      (await store.log.read({ after: 0, limit: 100, maxBytes })).length,
      (await store.log.read({ after: 0, limit: 100, maxBytes, instanceKey: key })).length
    ]
    t.strictSame(await count(1), [1, 1])
    t.strictSame(await count(size), [1, 1])
    t.strictSame(await count(size + 1), [2, 2])
    t.strictSame(await count(size * 3), [3, 3])
    t.strictSame(await count(size * 100), [5, 5])
    await t.resolves(store.log.append(newEvents(1)), 'a page that ended early leaves nothing open')
  })
}
