import { fdatasync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { SqliteStore } from '../../../lib/store/sqlite/store.ts'
import { Random } from '../../simulation/random.ts'
import { SyncedFiles } from '../../simulation/synced-files.ts'
import { folder } from '../../support/build.ts'
import { newEvent } from '../../support/new-event.ts'

const ROUNDS = 16

t.test('after a crash each accepted large event is there, and none is without its parts', async (t) => {
  let [crashes, unaccepted] = [0, 0]
  for (let round = 0; round < ROUNDS; round++) {
    const random = new Random(round + 1)
    const [path, copy] = [join(folder(t), 'events.db'), join(folder(t), 'events.db')]
    let left = round
    let files: SyncedFiles | undefined
    const accepted = new Set<string>()
    const kept: string[][] = []
    const syncFile = async (fd: number) => {
      const synced = files?.begin(fd)
      if (left-- === 0) {
        files?.crash(copy, random)
        kept.push([...accepted])
      }
      await promisify(fdatasync)(fd)
      synced?.()
    }
    const store = new SqliteStore({ path, syncFile })
    files = new SyncedFiles(path)
    const events = Array.from({ length: 8 }, (_, index) =>
      newEvent({
        id: `id-${index}`,
        instance: `i${index % 2}`,
        data: JSON.stringify(`${index}`.repeat(index % 4 < 2 ? 10 : 900_000))
      })
    )
    await Promise.all(events.map((event) => store.log.append([event]).then(() => accepted.add(event.id))))
    await store.close()
    const [before] = kept
    if (!before) continue
    crashes++
    const survived = new SqliteStore({ path: copy })
    const read = await survived.log.read({ after: 0, limit: 100 })
    const data = new Map(events.map((event) => [event.id, event.data]))
    t.strictSame(
      read.filter((event) => event.data !== data.get(event.id)),
      []
    )
    const ids = read.map(({ id }) => id)
    t.ok(
      before.every((id) => ids.includes(id)),
      `${before.join(' ')} were accepted`
    )
    unaccepted += events.length - ids.length
    t.equal(survived.log.damagedEvents(), 0)
    await survived.close()
  }
  t.ok(crashes >= ROUNDS / 2 && unaccepted > 0, `${crashes} crashes`)
})
