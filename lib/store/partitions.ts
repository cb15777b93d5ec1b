/** Number of partitions of the instances; events of a partition are sent to SQS by one process at a time. */
export const PARTITIONS = 256

/**
 * The partition of an instance: Knuth's multiplicative hash, which spreads consecutive numbers evenly. Databases contain its
 * results, so it must never change; `partition_of` of the PostgreSQL migrations is the same.
 */
export function partitionOf(instanceKey: number): number {
  return Math.imul(instanceKey, 0x61_c8_86_47) >>> 24
}
