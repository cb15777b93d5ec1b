import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { blankInstance, MemoryDirectory } from '../../lib/instances/memory-directory.ts'
import { InstanceNames, isOfPage } from '../../lib/instances/names.ts'

const ALL = { after: '', search: '', limit: 1_000 }

t.test('names are sorted and found regardless of case and accents', async (t) => {
  const names = new InstanceNames(['vendas', 'São Paulo', 'sao paulo', 'Ávila', 'SANTOS', 'ávila', 'a\u0301vila'])
  t.same(await names.page(ALL), ['a\u0301vila', 'Ávila', 'ávila', 'SANTOS', 'São Paulo', 'sao paulo', 'vendas'])
  t.same(await names.page({ ...ALL, search: 'SÃO' }), ['São Paulo', 'sao paulo'])
  t.same(await names.page({ ...ALL, search: 'avil', after: 'Ávila' }), ['ávila'])
  t.same(await names.page({ ...ALL, after: 'santa' }), ['SANTOS', 'São Paulo', 'sao paulo', 'vendas'])
  t.same(await names.page({ ...ALL, limit: 2 }), ['a\u0301vila', 'Ávila'])
  t.same(await names.page({ ...ALL, search: 'nobody' }), [])
  const down = { ...ALL, order: 'desc' } as const
  t.same(await names.page(down), (await names.page(ALL)).toReversed())
  t.same(await names.page({ ...down, after: 'São Paulo', limit: 2 }), ['SANTOS', 'ávila'])
  t.same(await names.page({ ...down, accepts: (name) => name.startsWith('s') }), ['sao paulo'])
  for (const page of [{ ...ALL, search: 'avil', after: 'Ávila' }, { ...down, after: 'santos' }, ALL])
    t.same(
      (await names.page('order' in page ? down : ALL)).filter((name) => isOfPage(name, page)),
      await names.page(page)
    )
})

t.test('other work continues while many names are sorted and searched, and changes are seen', async (t) => {
  const name = (number: number) => `instance-${String(number).padStart(6, '0')}`
  const live = new Map(Array.from({ length: 100_000 }, (_, number) => [name(number), true]))
  let turns = 0
  const count = () => {
    turns++
    timer = setImmediate(count)
  }
  let timer = setImmediate(count)
  const names = new InstanceNames(live.keys())
  const sorted = names.page(ALL)
  live.set('a', true)
  names.add('a')
  live.delete(name(99_999))
  names.delete(name(99_999))
  t.same((await sorted).slice(0, 2), ['a', name(0)])
  t.ok(turns > 1, 'sorted in turns')

  const searched = names.page({ ...ALL, search: '999' })
  live.delete(name(99_998))
  names.delete(name(99_998))
  const found = await searched
  clearImmediate(timer)
  t.same(
    found,
    [...live.keys()].filter((other) => other.includes('999'))
  )
})

t.test('instances that are removed while a page is read are not on it', async (t) => {
  const table = { write: () => Promise.reject(new Error('not here')), remove: async () => undefined }
  const instances = new MemoryDirectory(table)
  for (let key = 0; key < 100_000; key++) {
    instances.put({ ...blankInstance(`instance-${String(key).padStart(6, '0')}`), key })
  }
  await instances.page({ ...ALL, limit: 1 })
  const page = instances.page({ ...ALL, search: '99999' })
  const first = instances.page({ ...ALL, search: '0000', limit: 1_000 })
  await turn()
  instances.drop(instances.require('instance-000000'))
  t.same(
    (await page).map(({ name }) => name),
    ['instance-099999']
  )
  t.equal((await first)[0]?.name, 'instance-000001')
})
