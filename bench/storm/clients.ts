import { serve } from '../harness/serve.ts'
import { quantile } from '../harness/statistics.ts'
import { type Returned, ReturningClient } from './returning-client.ts'

export interface StormOptions {
  port: number
  namespaces: readonly string[]
  /** Sockets of each namespace. */
  each: number
  /** The offset that all of them have. */
  offset: number | 'latest'
  /** The number of events that each of them has missed. */
  missed: number
}

export interface StormResult {
  /** Milliseconds until a socket was back: half of them, and the last. */
  median: number
  last: number
  /** Connections that were lost before they were back. */
  lost: Record<string, number>
}

let clients: ReturningClient[] = []

const storm = {
  /** Connects all sockets at once. Resolves when the last has received what it missed. @throws one has received anything else */
  async comeBack({ port, namespaces, each, offset, missed }: StormOptions): Promise<StormResult> {
    const lost: Record<string, number> = {}
    const onLost = (code: string) => (lost[code] = (lost[code] ?? 0) + 1)
    for (let round = 0; round < each; round++)
      for (const namespace of namespaces) clients.push(new ReturningClient({ port, namespace, offset, onLost }))
    const returned = await Promise.all(clients.map((client) => client.returned()))
    const wrong = returned.find(({ count, complete }) => count !== missed || !complete)
    if (wrong) throw new Error(`A socket that missed ${missed} events has received ${JSON.stringify(wrong)}`)
    const times = returned.map(({ ms }: Returned) => ms)
    return { median: quantile(times, 0.5), last: Math.max(...times), lost }
  },
  /** Disconnects all sockets. */
  leave(): void {
    for (const client of clients) client.close()
    clients = []
  }
}

export type StormClients = typeof storm

serve(storm)
