import type { PendingCounts } from '../backlog.ts'
import type { PendingShare, PendingShares } from '../delivery-store.ts'
import type { PostgresPool } from './connection.ts'

/** Instances that are counted by themselves: those with the most. */
const INSTANCES = 1_000

/** Counts the pending deliveries of all nodes. */
export async function countPending(pool: PostgresPool): Promise<PendingCounts> {
  const rows = await pool.query(
    `SELECT d.instance_key, count(*) AS pending, (sum(count(*)) OVER ())::bigint AS "all"
    FROM ${pool.schema}.deliveries d GROUP BY d.instance_key ORDER BY pending DESC LIMIT ${INSTANCES}`
  )
  return {
    all: (rows[0]?.all as number | undefined) ?? 0,
    byInstance: rows.map((row) => [row.instance_key as number, row.pending as number] as const)
  }
}

/** Counts the pending deliveries of all nodes by queue and by instance, in one pass. */
export async function pendingShares(pool: PostgresPool): Promise<PendingShares> {
  const rows = await pool.query(
    `SELECT q.name AS queue, g.instance_key, g.pending, g.oldest
    FROM (
      SELECT d.queue_key, d.instance_key, count(*) AS pending, min(d."offset") AS oldest
      FROM ${pool.schema}.deliveries d GROUP BY GROUPING SETS ((d.queue_key), (d.instance_key))
    ) g LEFT JOIN ${pool.schema}.queues q ON q.key = g.queue_key`
  )
  const byQueue = new Map<string, PendingShare>()
  const byInstance = new Map<number, PendingShare>()
  for (const { queue, instance_key: instanceKey, ...counted } of rows) {
    const share = { pending: counted.pending as number, oldest: counted.oldest as number }
    if (queue === null) byInstance.set(instanceKey as number, share)
    else byQueue.set(queue as string, share)
  }
  return { byQueue, byInstance }
}
