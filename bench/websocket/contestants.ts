import type { Bench } from '../harness/bench.ts'
import type { Peer } from '../harness/peer.ts'
import type { FanOutServer } from './fan-out-server.ts'
import type { Protocol } from './listener.ts'

export interface Contestant {
  name: string
  module: URL
  protocol: Protocol
}

/** The first is ours. */
export const CONTESTANTS: readonly Contestant[] = [
  { name: 'ours', module: new URL('ours.ts', import.meta.url), protocol: 'socket.io' },
  { name: 'Socket.IO', module: new URL('bare-socketio.ts', import.meta.url), protocol: 'socket.io' },
  { name: 'ws', module: new URL('bare-ws.ts', import.meta.url), protocol: 'ws' }
]

export interface Started extends Contestant {
  server: Peer<FanOutServer>
  port: number
}

/** A server of each in a process of its own. */
export function startAll(bench: Bench, namespaces: readonly string[], ...nodeOptions: string[]): Promise<Started[]> {
  return Promise.all(
    CONTESTANTS.map(async (contestant) => {
      const server = bench.start<FanOutServer>(contestant.module, ...nodeOptions)
      const port = await server.call('listen', { namespaces, folder: bench.folder() })
      return { ...contestant, server, port }
    })
  )
}
