import type { Bench } from '../harness/bench.ts'
import type { Comparison } from '../harness/compare.ts'
import { backlog } from './backlog.ts'
import { directory } from './directory.ts'
import { instances } from './instances.ts'
import { queues } from './queues.ts'
import { storms } from '../storm/index.ts'
import { opening } from './opening.ts'
import { replay } from './replay.ts'

/** Whether it stays as fast, and as small, when there is more of everything: ours beside ours with less. */
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
