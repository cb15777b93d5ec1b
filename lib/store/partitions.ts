/** How many parts the instances are divided into: each is sent to SQS by one process at a time. */
export const PARTITIONS = 256

/**
 * The part an instance is in. Instances are numbered as they come, which this spreads evenly (Knuth's multiplicative
 * hash). It is in databases and must never change; the migrations have it in SQL.
 */
export function partitionOf(instanceKey: number): number {
  return Math.imul(instanceKey, 0x61_c8_86_47) >>> 24
}
