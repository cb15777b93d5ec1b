import t, { type Test } from 'tap'
import { searchLog, type SearchLimits, type SearchOptions, type SearchPage } from '../../lib/event-log/search.ts'
import { EventCatalogue } from '../../lib/events/catalogue.ts'
import { CALLER_ID } from '../../lib/events/event.ts'
import { generateId } from '../../lib/events/event-id.ts'
import { checkFilter } from '../../lib/filters/event-filter.ts'
import { openStore } from '../../lib/store/open.ts'
import { type Backend, backends } from '../support/backends.ts'
import { newEvent } from '../support/new-event.ts'

const LIMITS: SearchLimits = { stepEvents: 10, stepCharacters: 100_000, stepOffsets: 7, steps: 3, ms: 60_000 }

/** A log of 100 events; each tenth is of `other`, and the 7th, 50th and 93rd have the text `Needle`. */
async function start(t: Test, backend: Backend) {
  const store = await openStore({ url: await backend.start(t) })
  t.after(() => store.close())
  const events = Array.from({ length: 100 }, (_, n) =>
    newEvent({
      instance: (n + 1) % 10 === 0 ? 'other' : 'sales',
      event: n % 2 === 0 ? 'call' : 'presence.update',
      data: JSON.stringify({ n: n + 1, text: [7, 50, 93].includes(n + 1) ? 'a Needle' : 'hay' }),
      id: generateId(),
      envelope: '"sender":null'
    })
  )
  await store.log.append(events)
  let turns = 0
  const turn: SearchOptions['turn'] = (step) => {
    turns++
    return step()
  }
  const page = (options: Partial<SearchOptions>) =>
    searchLog(store.log, { after: 0, limit: 10, search: 'needle', turn, limits: LIMITS, ...options })
  /** Searches until nothing is left. */
  const all = async (options: Partial<SearchOptions>) => {
    const pages: SearchPage[] = []
    for (let last: SearchPage | undefined; (!last || last.more) && pages.length < 60; pages.push(last)) {
      const next = last && { [options.before === undefined ? 'after' : 'before']: last.next, log: last.log }
      last = await page({ ...options, ...next })
    }
    return {
      found: pages.flatMap(({ events }) => events.map(({ offset }) => offset)),
      examined: pages.map(({ examined }) => examined),
      pages
    }
  }
  return { store, events, page, all, turns: () => turns }
}

for (const backend of await backends(t)) {
  t.test(
    `${backend.name}: a search looks through a part of the log a call, and through all of it in the end`,
    async (t) => {
      const { page, all, turns } = await start(t, backend)
      const newest = await all({ before: 'latest' })
      t.strictSame(newest.found, [93, 50, 7])
      t.strictSame(newest.examined, [30, 30, 30, 10], 'three steps of ten events')
      t.equal(turns(), 11, 'each step waits for its turn, as does the index')
      const oldest = await all({})
      t.strictSame(oldest.found, [7, 50, 93])
      t.strictSame(oldest.examined, [30, 30, 30, 10])
      t.ok(newest.pages.every(({ total, complete }) => total === 100 && complete))

      const first = await page({ before: 'latest', limit: 1 })
      t.match(
        first,
        { events: [{ offset: 93 }], next: 93, more: true, examined: 8 },
        'a full page ends at its last event'
      )
      t.match(await page({ before: 93, limit: 1 }), { events: [], next: 63, examined: 30 })
      t.match(await page({ before: 8, limit: 1 }), { events: [{ offset: 7 }], more: true, next: 7 })
      t.match(await page({ before: 7 }), { events: [], more: false, examined: 6 })
      t.match(await page({ after: 92, limit: 1 }), { events: [{ offset: 93 }], more: true, next: 93, examined: 1 })
      t.match(await page({ after: 93 }), { events: [], more: false, next: 100, examined: 7 })
      t.match(await page({ before: 101, search: '"n":1,', limit: 1, limits: { ...LIMITS, steps: 99 } }), {
        events: [{ offset: 1 }],
        more: false
      })
      const late = { ...LIMITS, ms: 0 }
      t.match(await page({ before: 'latest', limits: late }), { next: 91, examined: 10 }, 'one step is always done')
    }
  )

  t.test(`${backend.name}: a search is of an instance, of names and of data that match a filter`, async (t) => {
    const { store, all } = await start(t, backend)
    const { key: instanceKey } = store.instances.require('other')
    t.strictSame((await all({ before: 'latest', instanceKey })).found, [50])
    t.strictSame((await all({ before: 'latest', instanceKey, events: ['call'] })).found, [])
    const calls = await all({ before: 'latest', events: ['call'] })
    t.strictSame(calls.found, [93, 7])
    t.ok(
      calls.examined.every((count) => count <= 3 * LIMITS.stepOffsets),
      'rare names are bounded by offsets'
    )
    const filter = checkFilter({ n: [{ numeric: ['>', 10] }] }, 'filter', new EventCatalogue())
    t.strictSame((await all({ filter })).found, [50, 93])
  })

  t.test(`${backend.name}: an id is found by the index first, and again at its place`, async (t) => {
    const { store, events, all, page } = await start(t, backend)
    const { key: instanceKey } = store.instances.require('sales')
    const search = events[2]?.id as string
    await store.log.append([
      newEvent({ id: 'order-7', flags: CALLER_ID, envelope: '"sender":null,"id":"order-7"' }),
      newEvent({ id: 'order-7', flags: CALLER_ID, envelope: '"sender":null,"id":"order-7"', instance: 'other' })
    ])
    const given = { instanceKey, before: 'latest' as const, search: 'order-7' }
    t.match(await page(given), { events: [{ offset: 101 }], next: 103, more: true, examined: 0, total: 102 })
    t.strictSame((await all(given)).found, [101, 101])
    t.match(await page({ instanceKey, before: 'latest', search }), { events: [{ offset: 3 }], next: 103 })
    t.strictSame((await page({ ...given, events: ['call'] })).events, [], 'if it is wanted')
    t.strictSame((await page({ ...given, before: 101 })).events, [], 'only at the begin')
    const ofAll = (await page({ before: 'latest', search: 'order-7' })).events.map(({ offset }) => offset)
    t.strictSame(ofAll.toSorted(), [101, 102], 'of all instances by an index, or at their place')
  })

  t.test(`${backend.name}: the search of an empty log ends at once`, async (t) => {
    const store = await openStore({ url: await backend.start(t) })
    t.after(() => store.close())
    const options = { search: 'x', limit: 10, turn: <T>(step: () => Promise<T>) => step() }
    const nothing = { events: [], more: false, examined: 0, total: 0, complete: true }
    t.match(await searchLog(store.log, { ...options, after: 0, before: 'latest' }), { ...nothing, next: 1 })
    t.match(await searchLog(store.log, { ...options, after: 0 }), { ...nothing, next: 0 })
    t.match(await searchLog(store.log, { ...options, after: 50 }), { ...nothing, complete: false })
  })
}
