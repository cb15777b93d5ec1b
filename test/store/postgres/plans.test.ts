import t from 'tap'
import { PostgresPool } from '../../../lib/store/postgres/connection.ts'
import { PostgresLaneReads } from '../../../lib/store/postgres/lane-reads.ts'
import { PostgresLogReads } from '../../../lib/store/postgres/log-reads.ts'
import type { Row } from '../../../lib/store/rows.ts'
import { newEvent } from '../../support/new-event.ts'
import { havePostgres, openNode, startPostgres } from '../../support/postgres.ts'

/** A step of a plan, as EXPLAIN has it. https://www.postgresql.org/docs/current/sql-explain.html */
interface Step {
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  Plans?: Step[]
}

/** Explains each query before it runs it. */
class ExplainingPool extends PostgresPool {
  /** Rows that a step of a plan had to look at, at most. */
  rows = 0

  override async query(text: string, values: unknown[] = []): Promise<Row[]> {
    const [row] = await super.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, values)
    const [{ Plan: plan }] = (row as Row)['QUERY PLAN'] as [{ Plan: Step }]
    this.rows = Math.max(this.rows, lookedAt(plan))
    return super.query(text, values)
  }
}

function lookedAt(step: Step): number {
  const { 'Actual Rows': rows, 'Actual Loops': loops, 'Rows Removed by Filter': removed = 0, Plans: plans = [] } = step
  return Math.max((rows + removed) * loops, ...plans.map(lookedAt))
}

const EVENTS = 60_000
const LIMIT = 100
const [BUSY, RARE] = [1, 2]

if (await havePostgres(t)) {
  t.test('a page takes no more rows than it has, whatever PostgreSQL knows of the tables', async (t) => {
    const { url, schema, query } = await startPostgres(t)
    const store = await openNode(t, { url, schema })
    await store.log.append([newEvent({ queues: ['q'] })])
    const pool = new ExplainingPool({ url, schema })
    t.after(() => pool.close())
    const [log, lanes] = [new PostgresLogReads(pool), new PostgresLaneReads(pool)]
    const page = { after: 0, upTo: EVENTS, limit: LIMIT, maxBytes: 1_000_000_000 }
    const reads: Record<string, () => Promise<unknown>> = {
      'of the busy one': () => log.pages([{ instanceKey: BUSY, after: 0 }], page),
      'of the busy one, in the middle': () => log.pages([{ instanceKey: BUSY, after: EVENTS / 2 }], page),
      'of the rare one': () => log.pages([{ instanceKey: RARE, after: 0 }], page),
      'of all': () => log.pages([{ after: 0 }], page),
      'newest of the busy one': () => log.events({ ...page, instanceKey: BUSY, newestFirst: true }),
      'newest of the rare one': () => log.events({ ...page, instanceKey: RARE, newestFirst: true }),
      'of a lane': () => lanes.events({ queue: 'q', instanceKey: BUSY }, page)
    }
    for (const others of [1, 20, 100]) {
      // The rare instance has an event of 10,000, the others have as many as the busy one, or much less.
      await query(`TRUNCATE ${schema}.events, ${schema}.deliveries CASCADE`)
      await query(`INSERT INTO ${schema}.events
        ("offset", instance_key, accepted_at, flags, size, id, instance, event, envelope, extra, data)
        SELECT i, CASE WHEN i % 10000 = 0 THEN ${RARE} WHEN i % 2 = 0 THEN ${BUSY} ELSE 3 + i % ${others} END,
          0, 0, 900, i::text, 'any', 'call', '', '', repeat('x', 900) FROM generate_series(1, ${EVENTS}) i`)
      await query(`INSERT INTO ${schema}.deliveries (partition, instance_key, queue_key, "offset")
        SELECT ${schema}.partition_of(e.instance_key), e.instance_key, (SELECT min(key) FROM ${schema}.queues), e."offset"
        FROM ${schema}.events e`)
      for (const statistics of ['none', 'of all']) {
        if (statistics !== 'none') await query(`ANALYZE ${schema}.events, ${schema}.deliveries`)
        for (const [name, read] of Object.entries(reads)) {
          pool.rows = 0
          await read()
          t.ok(
            pool.rows > 0 && pool.rows <= LIMIT,
            `${name}: ${pool.rows} rows, ${others} others, statistics: ${statistics}`
          )
        }
      }
    }
  })
}
