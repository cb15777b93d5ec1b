import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import { LocalQueueDeletions } from '../../lib/store/local-queue-deletions.ts'
import type { QueueDeletions } from '../../lib/store/queue-deletions.ts'
import { missingPostgres, openNodes } from '../support/postgres.ts'
import { until } from '../support/until.ts'

type Open = (t: Test) => Promise<{ one: QueueDeletions; other: QueueDeletions }>

const MINUTE = 60_000

function check(t: Test, open: Open): void {
  void t.test('a deletion that is announced begins, unless it is revoked or announced anew', async (t) => {
    const { one, other } = await open(t)
    const [first, second] = [randomUUID(), randomUUID()]
    t.strictSame(await one.begin(['a'], first, MINUTE), [], 'not announced')
    await one.announce(['a', 'b', 'c'], first)
    t.strictSame(await other.revoke(['b', 'other']), [])
    await other.announce(['c'], second)
    t.strictSame(await one.begin(['a', 'b', 'c'], first, MINUTE), ['a'])
    t.strictSame(await other.begin(['c'], second, MINUTE), ['c'])
  })

  void t.test('a deletion that has begun cannot be revoked or announced until it ends', async (t) => {
    const { one, other } = await open(t)
    const [first, second] = [randomUUID(), randomUUID()]
    await one.announce(['a', 'b'], first)
    await one.begin(['a', 'b'], first, MINUTE)
    t.strictSame(await other.revoke(['a', 'b', 'other']), ['a', 'b'])
    await other.announce(['a'], second)
    await other.end(['a'], second)
    t.strictSame(await other.revoke(['a']), ['a'], 'it ends by its own id only')
    await one.end(['a'], first)
    await one.end(['a'], first)
    t.strictSame(await other.revoke(['a', 'b']), ['b'])
  })

  void t.test('a deletion that nobody ends counts as ended after its time', async (t) => {
    const { one, other } = await open(t)
    const [first, second] = [randomUUID(), randomUUID()]
    await one.announce(['a', 'b'], first)
    await one.begin(['a', 'b'], first, 1)
    await until(async () => (await other.revoke(['a'])).length === 0)
    await other.announce(['b'], second)
    t.strictSame(await other.begin(['b'], second, MINUTE), ['b'])
    t.strictSame(await other.begin(['b'], second, 1), ['b'], 'its time begins anew')
    await until(async () => (await one.revoke(['b'])).length === 0)
  })
}

void t.test('in one process', async (t) => {
  check(t, async () => {
    const deletions = new LocalQueueDeletions()
    return { one: deletions, other: deletions }
  })
})

const why = await missingPostgres()
void t.test('on two nodes of PostgreSQL', { skip: why ?? false }, async (t) => {
  check(t, async (t) => {
    const { nodes } = await openNodes(t, 2)
    return { one: nodes[0].queueDeletions, other: nodes[1].queueDeletions }
  })
})
