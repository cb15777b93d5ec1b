import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { InstancePages } from '../../lib/activity/instance-pages.ts'
import { blankInstance, MemoryDirectory } from '../../lib/instances/memory-directory.ts'

const COUNT = 20_000

/** Pages of instances that have been created in the reverse order of their names, a second apart. */
function many() {
  const table = { write: () => Promise.reject(new Error('not here')), remove: async () => undefined }
  const instances = new MemoryDirectory(table)
  const name = (key: number) => `instance-${String(COUNT - key).padStart(6, '0')}`
  for (let key = 0; key < COUNT; key++)
    instances.put({ ...blankInstance(name(key)), key, createdAt: new Date(key * 1_000) })
  const activities = {
    of: () => ({ events: { minute: 0, hour: 0, day: 0 }, lastEventAt: null, lastEvent: null, connectionState: null }),
    record: () => undefined
  }
  const pages = new InstancePages({ instances, activities, silences: { isSilent: () => false } })
  return { instances, pages, name }
}

const NEWEST = { sort: 'createdAt', order: 'desc', after: '', afterValue: 0, search: '', limit: 1_000 } as const

t.test('other work continues while many instances are sorted, and those that are removed are left out', async (t) => {
  const { instances, pages, name } = many()
  let turns = 0
  const count = () => {
    turns++
    timer = setImmediate(count)
  }
  let timer = setImmediate(count)
  const newest = pages.page(NEWEST)
  await turn()
  instances.drop(instances.require(name(COUNT - 1)))
  const found = (await newest).map(({ name }) => name)
  clearImmediate(timer)
  t.ok(turns > 1, 'sorted in turns')
  t.same(found.slice(0, 2), [name(COUNT - 2), name(COUNT - 3)])
})

t.test('pages by value have each instance once, also where many values are equal', async (t) => {
  const { pages, instances } = many()
  for (const sort of ['createdAt', 'lastEventAt', 'events'] as const) {
    const seen = new Set<string>()
    let after = ''
    let afterValue = 0
    for (
      let read: number = NEWEST.limit, rounds = 0;
      read === NEWEST.limit && rounds <= COUNT / NEWEST.limit;
      rounds++
    ) {
      const found = await pages.page({ ...NEWEST, sort, after, afterValue })
      for (const { name } of found) seen.add(name)
      const last = found.at(-1)
      after = last?.name ?? ''
      afterValue = sort === 'createdAt' ? (last?.createdAt.getTime() ?? 0) : 0
      read = found.length
    }
    t.equal(seen.size, instances.size, sort)
  }
  t.equal(await pages.count({ search: '', state: undefined }), COUNT)
  t.equal(await pages.count({ search: '-0001', state: 'off' }), 100)
})
