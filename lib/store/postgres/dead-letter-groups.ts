import type { DeadLetterGrouping, DeadLetterGroups } from '../dead-letter-store.ts'
import type { Row } from '../rows.ts'
import type { PostgresPool } from './connection.ts'

/** Reads groups of dead letters and their sums in one statement, of which only the largest are transferred. */
export async function readGroups(
  pool: PostgresPool,
  { instance, queue, reason, limit }: DeadLetterGrouping
): Promise<DeadLetterGroups> {
  const { schema } = pool
  const rows = await pool.query(
    `WITH keyed AS (
      SELECT reason, queue_key, instance_key, count(*) AS count, min(coalesce(first_died_at, died_at)) AS first_died_at,
        max(died_at) AS last_died_at, max("offset") AS "offset"
      FROM ${schema}.dead_letters GROUP BY reason, queue_key, instance_key
    ), named AS (
      SELECT k.*, q.name AS queue, e.instance,
        ($2::text IS NULL OR q.name = $2) AS of_queue, ($3::text IS NULL OR k.reason = $3) AS of_reason
      FROM keyed k JOIN ${schema}.queues q ON q.key = k.queue_key JOIN ${schema}.events e ON e."offset" = k."offset"
      WHERE $1::text IS NULL OR e.instance = $1
    )
    (SELECT 'group' AS kind, reason, queue, instance, sum(count)::bigint AS count, min(first_died_at) AS first_died_at,
      max(last_died_at) AS last_died_at, count(*) OVER () AS group_count, (sum(sum(count)) OVER ())::bigint AS "all"
    FROM named WHERE of_queue AND of_reason GROUP BY reason, queue, instance
    ORDER BY count DESC, reason COLLATE "C", queue COLLATE "C", instance COLLATE "C" LIMIT $4)
    UNION ALL (SELECT 'reason', reason, NULL, NULL, sum(count)::bigint AS count, NULL, NULL, NULL, NULL
    FROM named WHERE of_queue GROUP BY reason ORDER BY count DESC, reason COLLATE "C" LIMIT $4)
    UNION ALL (SELECT 'queue', NULL, queue, NULL, sum(count)::bigint AS count, NULL, NULL, NULL, NULL
    FROM named WHERE of_reason GROUP BY queue ORDER BY count DESC, queue COLLATE "C" LIMIT $4)`,
    [instance ?? null, queue ?? null, reason ?? null, limit]
  )
  const of = (kind: string) => rows.filter((row) => row.kind === kind)
  const [largest] = of('group')
  return {
    count: (largest?.all as number | undefined) ?? 0,
    groupCount: (largest?.group_count as number | undefined) ?? 0,
    groups: of('group').map(toGroup),
    reasons: of('reason').map(({ reason, count }) => ({ name: reason as string, count: count as number })),
    queues: of('queue').map(({ queue, count }) => ({ name: queue as string, count: count as number }))
  }
}

function toGroup({ reason, queue, instance, count, first_died_at: first, last_died_at: last }: Row) {
  return {
    reason: reason as string,
    queue: queue as string,
    instance: instance as string,
    count: count as number,
    firstDiedAt: new Date(first as number),
    lastDiedAt: new Date(last as number)
  }
}
