import { readdirSync } from 'node:fs'
import t from 'tap'

for (const backend of ['sqlite', 'postgres'])
  t.test(`migrations of ${backend} are numbered from 1 without gaps`, async (t) => {
    const names = readdirSync(new URL(`../../lib/store/${backend}/migrations/`, import.meta.url)).sort()
    t.same(
      names.map((name) => name.split('-', 1)[0]),
      names.map((_, index) => String(index + 1).padStart(3, '0'))
    )
  })
