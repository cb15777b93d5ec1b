import t from 'tap'
import { readEventPage, type EventPage, type EventPageOptions } from '../../lib/event-log/page.ts'
import type { LogStore, ReadOptions } from '../../lib/store/log-store.ts'
import { build } from '../support/build.ts'
import { newEvents } from '../support/new-event.ts'
import { openSqlite } from '../support/sqlite-store.ts'

/** A log of 60,000 events of two instances in turn; the 100th and the 59,900th are calls of `sales`. */
async function longLog(t: Parameters<typeof build>[0]) {
  const { eventLog } = await build(t, { sqs: false })
  for (let n = 0; n < 60; n++) {
    const events = newEvents(1_000).map((event, index) => ({
      ...event,
      instance: index % 2 === 0 ? 'support' : 'sales',
      event: [100, 59_900].includes(n * 1_000 + index + 1) ? 'call' : 'presence.update'
    }))
    await eventLog.store.log.append(events)
  }
  return eventLog
}

t.test('successive pages of any kind contain each event once', async (t) => {
  const eventLog = await longLog(t)
  const { key: instanceKey } = eventLog.instances.require('sales')
  const offsets = async (options: Partial<EventPageOptions>) => {
    const seen: number[] = []
    let pages = 0
    let page: EventPage | undefined
    while (!page || page.more) {
      const next = page && { [options.before === undefined ? 'after' : 'before']: page.next }
      page = await readEventPage(eventLog.store.log, { after: 0, limit: 1_000, ...options, ...next })
      seen.push(...page.events.map(({ offset }) => offset))
      pages++
    }
    return { seen, pages, next: page.next }
  }
  const calls = { events: ['call'] }

  t.same(await offsets(calls), { seen: [100, 59_900], pages: 2, next: 59_900 }, 'a rare one: part by part')
  t.same(await offsets({ ...calls, instanceKey }), { seen: [100, 59_900], pages: 2, next: 59_900 })
  t.same(await offsets({ ...calls, before: 'latest' }), { seen: [59_900, 100], pages: 2, next: 100 })
  t.same(await offsets({ ...calls, before: 59_900 }), { seen: [100], pages: 2, next: 100 })
  t.same(await offsets({ ...calls, after: 59_900 }), { seen: [], pages: 1, next: 59_900 })
  t.same(await offsets({ events: ['qrcode.updated'], before: 'latest' }), { seen: [], pages: 2, next: 10_001 })

  const own = Array.from({ length: 30_000 }, (_, n) => 2 * n + 2)
  t.same(await offsets({ instanceKey }), { seen: own, pages: 30, next: 60_000 })
  const newest = await offsets({ instanceKey, before: 'latest' })
  t.same(newest, { seen: own.toReversed(), pages: 30, next: 2 }, 'through all segments of the index')
  t.same(await offsets({ before: 3 }), { seen: [2, 1], pages: 1, next: 1 })
  t.same(await offsets({ before: 1 }), { seen: [], pages: 1, next: 1 })
  t.same((await offsets({ after: 100_000 })).seen.length, 60_000, 'an offset beyond the log is of a lost log')
  t.same((await offsets({ before: 100_000 })).seen.length, 60_000, 'an offset beyond the log is its end')
})

t.test(
  'a page of an instance with few events looks at a part of a long log, and the next one at what follows',
  async (t) => {
    const read: (number | undefined)[][] = []
    const log = {
      range: async () => ({ id: 'log', first: 1, head: 2_500_000, prunedTo: 0 }),
      read: async ({ after, upTo }: ReadOptions) => {
        read.push([after, upTo])
        return []
      }
    } as Partial<LogStore> as LogStore
    const pages = [{ after: 0 }, { after: 2_000_000 }, { after: 0, before: 'latest' as const }]
    const found = await Promise.all(pages.map((page) => readEventPage(log, { instanceKey: 1, limit: 10, ...page })))
    t.strictSame(read, [
      [0, 1_000_000],
      [2_000_000, 2_500_000],
      [1_500_000, 2_500_000]
    ])
    t.strictSame(found, [
      { events: [], next: 1_000_000, more: true, log: 'log', complete: true },
      { events: [], next: 2_000_000, more: false, log: 'log', complete: true },
      { events: [], next: 1_500_001, more: true, log: 'log', complete: true }
    ])
  }
)

t.test('the page of an empty log is empty', async (t) => {
  const { eventLog } = await build(t, { sqs: false })
  const { id: log } = await eventLog.store.log.range()
  const empty = { events: [], more: false, log, complete: true }
  t.same(await readEventPage(eventLog.store.log, { after: 0, limit: 10 }), { ...empty, next: 0 })
  t.same(await readEventPage(eventLog.store.log, { after: 0, before: 'latest', limit: 10 }), { ...empty, next: 1 })
})

t.test('an offset of an earlier part of the log is kept, one of an unknown log is not', async (t) => {
  const { store, reopen } = openSqlite(t)
  await store.log.append(newEvents(3))
  const read = (log: LogStore, after: number, known?: string) =>
    readEventPage(log, { after, limit: 10, ...(known !== undefined && { log: known }) })
  const before = await read(store.log, 0)
  const { log } = await reopen()
  await log.append(newEvents(1))
  for (const [after, known] of [
    [2, before.log],
    [2, 'unknown'],
    [9, before.log]
  ] as const)
    await t.resolves(read(log, after, known))
  t.same(
    (await read(log, 2, before.log)).events.map(({ offset }) => offset),
    [3, 4]
  )
})
