import type { Bench } from '../harness/bench.ts'
import type { Comparison } from '../harness/compare.ts'
import { backlog } from './backlog.ts'
import { directory } from './directory.ts'
import { instances } from './instances.ts'
import { queues } from './queues.ts'
import { storms } from '../storm/index.ts'
import { opening } from './opening.ts'
import { replay } from './replay.ts'

/** Compares speed and memory of our server with much data and with little. */
export default async function growth(bench: Bench): Promise<Comparison[]> {
  return [
    ...(await instances(bench)),
    ...(await queues(bench)),
    await backlog(bench),
    await replay(bench),
    await directory(bench),
    await opening(bench),
    ...(await storms(bench))
  ]
}
