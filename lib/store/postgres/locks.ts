import { createHash } from 'node:crypto'

/**
 * The advisory locks of a schema. They have two numbers: the first is the schema's, so that others in the same database
 * have theirs; the second is a partition's, or one of these.
 */
export const LOCKS = { append: 1_000, migrate: 1_001, prune: 1_002, nodes: 1_003, senders: 1_004 } as const

/** The first number; positive, since `pg_locks` shows it unsigned. */
export function lockSpace(schema: string): number {
  return createHash('sha256').update(`fastify-instance-events ${schema}`).digest().readUInt32BE() >>> 1
}
