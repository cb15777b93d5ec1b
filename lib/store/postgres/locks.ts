import { createHash } from 'node:crypto'

/**
 * Advisory locks have two numbers. The first identifies the schema, since several may be in one database; the second is a
 * partition, or one of these.
 */
export const LOCKS = {
  append: 1_000,
  migrate: 1_001,
  prune: 1_002,
  nodes: 1_003,
  senders: 1_004,
  partsReaders: 1_005
} as const

/** The first number of a schema's locks; positive, since `pg_locks` shows it unsigned. */
export function lockSpace(schema: string): number {
  return createHash('sha256').update(`fastify-instance-events ${schema}`).digest().readUInt32BE() >>> 1
}

/** Counts the sessions that hold a lock in this database: `$1`, and the given parameter. */
export function countHolders(parameter: string): string {
  return `SELECT count(*) FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND classid = $1 AND objid = ${parameter}
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
}
