import type { Bench } from '../harness/bench.ts'
import type { Comparison } from '../harness/compare.ts'
import { doors } from './doors.ts'
import { fanOut } from './fan-out.ts'
import { idleMemory } from './idle-memory.ts'
import { checkWithRealClients } from './real-clients.ts'

/** Events to sockets, against bare Socket.IO and bare `ws`. */
export default async function websocket(bench: Bench): Promise<Comparison[]> {
  await checkWithRealClients(bench)
  return [
    ...(await fanOut(bench, { namespaces: 1, sockets: 500, bursts: [1, 5, 20, 100] })),
    ...(await fanOut(bench, { namespaces: 1, sockets: bench.quick ? 1_000 : 4_000, bursts: [1] })),
    ...(await fanOut(bench, { namespaces: 500, sockets: 4, bursts: [1] })),
    ...(await doors(bench)),
    await idleMemory(bench)
  ]
}
