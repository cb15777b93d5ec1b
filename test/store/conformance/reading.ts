import type { Test } from 'tap'
import { newEvent, newEvents } from '../../support/new-event.ts'
import type { LogPage, PageRequest, ReadOptions, ReadPagesOptions } from '../../../lib/store/log-store.ts'
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

  void t.test('acceptance times are known by offset; those of other events are left out', async (t) => {
    const { store } = await open(t)
    await store.log.append(newEvents(3))
    const [first, , third] = await store.log.read({ after: 0, limit: 3 })
    const times = await store.log.acceptedAt([3, 4, 1])
    t.same([times.get(3), times.get(1), times.size], [third?.acceptedAt, first?.acceptedAt, 2])
    t.strictSame(await store.log.acceptedAt([]), new Map())
  })

  void t.test('the last event before a time is found', async (t) => {
    const { store } = await open(t)
    t.equal(await store.log.lastBefore(Date.now()), 0, 'an empty log has none')
    await store.log.append(newEvents(20))
    const events = await store.log.read({ after: 0, limit: 20 })
    for (const { acceptedAt } of events) {
      const before = events.findLast((event) => event.acceptedAt < acceptedAt)?.offset ?? 0
      t.equal(await store.log.lastBefore(acceptedAt), before)
    }
    t.equal(await store.log.lastBefore(Date.now() + 3_600_000), 20)
    t.equal(await store.log.lastBefore(0), 0)
    await store.log.prune({ acceptedBefore: Number.MAX_SAFE_INTEGER, maxBytes: 0 })
    t.equal(await store.log.lastBefore(0), 20, 'of a log without events, its end')

    await store.log.append([newEvent({ queues: ['sales_call.fifo'] }), ...newEvents(9)])
    await store.log.prune({ acceptedBefore: Number.MAX_SAFE_INTEGER, maxBytes: 0 })
    t.equal(await store.log.lastBefore(Date.now() + 3_600_000), 21, 'the pending one is the only one left')
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

  void t.test('pages of several readers are read at once, each from its own offset and up to its limits', async (t) => {
    const { store } = await open(t)
    const [data, envelope, extra] = ['"12345678"', '"sender":null', '']
    const instances = ['sales', 'support', 'sales', 'care', 'sales', 'support', 'sales', 'care']
    const events = instances.map((instance, n) =>
      newEvent({ instance, event: n < 6 ? 'call' : 'messages.upsert', data, envelope, extra })
    )
    const offsets = (await store.log.append(events)).map(({ offset }) => offset)
    const [sales, support] = ['sales', 'support'].map((name) => store.instances.require(name).key) as [number, number]
    const read = async (requests: PageRequest[], limits: Partial<ReadPagesOptions> = {}) => {
      const all = { upTo: offsets[7]!, limit: 100, maxBytes: 1_000_000 }
      const pages = await store.log.readPages(requests, { ...all, ...limits })
      const { prunedTo } = await store.log.range()
      t.ok(pages.every((page) => page.prunedTo === prunedTo))
      return pages.map((page) => [
        page.events.map(({ offset }) => offsets.indexOf(offset)),
        offsets.indexOf(page.reached)
      ])
    }
    const both = [
      { instanceKey: sales, after: 0 },
      { instanceKey: support, after: offsets[1]! }
    ]
    t.strictSame(await read(both), [
      [[0, 2, 4, 6], 7],
      [[5], 7]
    ])
    t.strictSame(await read(both, { limit: 2 }), [
      [[0, 2], 2],
      [[5], 7]
    ])
    t.strictSame(await read(both, { upTo: offsets[4]! }), [
      [[0, 2, 4], 4],
      [[], 4]
    ])
    t.strictSame(await read(both, { maxBytes: data.length + envelope.length + 1 }), [
      [[0, 2], 2],
      [[5], 7]
    ])
    const various = [
      { after: offsets[5]! },
      { instanceKey: sales, events: ['call'], after: 0 },
      { instances: ['care', 'support'], events: ['call'], after: 0 },
      { instances: ['nobody'], after: 0 },
      { instanceKey: sales + 1_000, after: 0 }
    ]
    t.strictSame(await read(various), [
      [[6, 7], 7],
      [[0, 2, 4], 7],
      [[1, 3, 5], 7],
      [[], 7],
      [[], 7]
    ])
    await store.log.prune({ acceptedBefore: Date.now() + 1_000, maxBytes: Number.MAX_SAFE_INTEGER })
    t.strictSame(await read(both), [
      [[], 7],
      [[], 7]
    ])
  })

  void t.test('pages of rare events end early, and those that follow have all of them', async (t) => {
    const { store } = await open(t)
    const rare = [0, 1_500, 2_999]
    await store.log.append(newEvents(3_000).map((event, n) => ({ ...event, event: rare.includes(n) ? 'call' : 'x' })))
    const { head: upTo } = await store.log.range()
    for (const instanceKey of [undefined, store.instances.require('sales').key]) {
      const found: number[] = []
      let after = 0
      while (after < upTo) {
        const request = { ...(instanceKey !== undefined && { instanceKey }), events: ['call'], after }
        const limits = { upTo, limit: 100, maxBytes: 1_000_000 }
        const [page] = (await store.log.readPages([request], limits)) as [LogPage]
        t.ok(page.reached > after && page.events.every(({ offset }) => offset <= page.reached))
        found.push(...page.events.map(({ offset }) => offset - (upTo - 2_999)))
        after = page.reached
      }
      t.strictSame(found, rare)
    }
  })
}
