import t from 'tap'
import { CALLER_ID } from '../../../lib/events/event.ts'
import { postgresMigrations } from '../../../lib/store/postgres/migrations.ts'
import { newEvent } from '../../support/new-event.ts'
import { havePostgres, openNode, startPostgres } from '../../support/postgres.ts'
import { RecordingWatcher } from '../../support/recorders.ts'

/** The schema's version that the database is made with. */
const OLD = 4
const PAGE = { after: 0, limit: 10, maxBytes: Infinity }

if (await havePostgres(t)) {
  t.test(
    'a database of an older release keeps what is pending, dead letters and ids, and its nodes go on',
    async (t) => {
      const postgres = await startPostgres(t)
      const { query, schema } = postgres
      const steps = postgresMigrations(schema).slice(0, OLD)
      await query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.schema_version (version integer NOT NULL);
      INSERT INTO ${schema}.schema_version VALUES (${OLD}); ${steps.join(';')}`)
      /** Appends an event for two queues as that release does. */
      const appendOld = (id: string) =>
        query(
          `SELECT * FROM ${schema}.append(9, '{sales}', '{1}', ARRAY[$1], '{call}', '{0}', '{8}', '{"{}"}', '{"{}"}', '{"{}"}',
          '{a,b}', '{1,1}', '{1,2}')`,
          [id]
        )
      for (const id of ['one', 'two', 'three']) await appendOld(id)
      await query(`DELETE FROM ${schema}.deliveries WHERE queue_key = 1 AND "offset" = 1;
      DELETE FROM ${schema}.deliveries WHERE queue_key = 2 AND "offset" = 2;
      INSERT INTO ${schema}.dead_letters (queue_key, instance_key, "offset", reason, message, attempts, died_at)
      VALUES (2, 1, 2, 'AccessDenied', 'no', 3, 7)`)

      const node = await openNode(t, postgres)
      const lanes = { a: { queue: 'a', instanceKey: 1 }, b: { queue: 'b', instanceKey: 1 } }
      const read = async ({ a, b }: typeof lanes) => {
        const pages = await Promise.all([a, b].map((lane) => node.deliveries.readLane(lane, PAGE)))
        return pages.map((page) => page.map(({ offset }) => offset))
      }
      t.equal(node.deliveries.pendingCount(), 4)
      const watcher = new RecordingWatcher()
      await node.deliveries.watch(watcher)
      t.strictSame(watcher.told.sort(), ['a 1', 'b 1'])
      t.strictSame(await read(lanes), [
        [2, 3],
        [1, 3]
      ])
      const again = newEvent({ id: 'two', flags: CALLER_ID })
      t.match(await node.log.append([again]), [{ offset: 2, duplicate: true }])
      t.match(await node.deadLetters.redrive(PAGE), [{ queue: 'b', offset: 2, eventId: 'two', attempts: 3 }])
      await watcher.until(() => watcher.again.length > 0)
      t.strictSame(watcher.again, ['b 1'])
      await node.deliveries.acknowledge([
        { ...lanes.a, offset: 2 },
        { ...lanes.b, offset: 1 }
      ])
      t.strictSame(await read(lanes), [[3], [2, 3]])

      await appendOld('four')
      await watcher.until(() => watcher.told.length === 4)
      t.strictSame(await read(lanes), [
        [3, 4],
        [2, 3, 4]
      ])
    }
  )
}
