import type { Bench } from '../harness/bench.ts'
import type { Comparison } from '../harness/compare.ts'
import { neighbour } from './neighbour.ts'
import { toQueue } from './to-queue.ts'
import { toSocket } from './to-socket.ts'

/** From publishing to arrival, at a steady rate. */
export default async function latency(bench: Bench): Promise<Comparison[]> {
  return [...(await toQueue(bench)), ...(await toSocket(bench)), ...(await neighbour(bench))]
}
