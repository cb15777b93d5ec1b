import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { API_KEY } from '../latency/live-server.ts'
import { clock } from '../harness/clock.ts'
import { sampleEvent } from '../harness/sample-events.ts'
import { serve } from '../harness/serve.ts'
import { Visitor } from './visitor.ts'

export interface LoadOptions {
  port: number
  instances: readonly string[]
  eventsPerSecond: number
  /** Sockets that are connected at a time, and how many of them leave in a second, each replaced by another. */
  sockets: number
  comingPerSecond: number
}

const { event, data, sender, serverUrl } = sampleEvent('0.8 kB')
const agent = new Agent({ keepAlive: true, maxSockets: 32 })
const TICK_MS = 10
const visitors: Visitor[] = []
let failure: Error | undefined
const ending = new AbortController()

/** The process of all clients: hubs that post events, and sockets that come and go. */
const load = {
  /** Starts the clients. Resolves when all sockets are connected. */
  async begin(options: LoadOptions): Promise<void> {
    const { port, instances, sockets, eventsPerSecond, comingPerSecond } = options
    for (let n = 0; n < sockets; n++) visitors.push(new Visitor({ port, instance: at(instances, n), number: n }))
    await Promise.all(visitors.map((visitor) => visitor.connected))
    const numbers = new Map<string, number>()
    every(eventsPerSecond, (n) => {
      const instance = at(instances, n)
      const next = (numbers.get(instance) ?? 0) + 1
      numbers.set(instance, next)
      post(`http://127.0.0.1:${port}/events/${instance}`, next)
    })
    every(comingPerSecond, (n) => {
      const place = n % sockets
      const leaving = at(visitors, place)
      leaving.leave()
      visitors[place] = new Visitor({ port, instance: leaving.instance, number: sockets + n, before: leaving })
    })
  },
  /** @throws an event was not answered 202, or a socket missed one or was refused */
  check(): { connected: number; received: number; resumed: number } {
    if (failure) throw failure
    return { connected: visitors.filter(({ isConnected }) => isConnected).length, ...Visitor.totals }
  },
  end(): void {
    ending.abort()
    for (const visitor of visitors) visitor.leave()
  }
}

export type SoakLoad = typeof load

/** Calls `work` with 0, 1, 2 …, so many times a second, until the end. */
function every(perSecond: number, work: (n: number) => void): void {
  const begun = clock()
  void (async () => {
    for (let n = 0; !ending.signal.aborted; await pause(TICK_MS)) {
      while (n < ((clock() - begun) * perSecond) / 1_000) work(n++)
    }
  })().catch(failed)
}

function post(url: string, n: number): void {
  const headers = { apikey: API_KEY, 'content-type': 'application/json' }
  const posted = request(url, { method: 'POST', agent, headers }, (response) => {
    response.resume()
    if (response.statusCode !== 202) failed(new Error(`An event was answered ${response.statusCode}`))
  })
  posted.on('error', failed)
  posted.end(JSON.stringify({ event, data: { n, at: clock(), ...data }, sender, serverUrl }))
}

function at<T>(list: readonly T[], index: number): T {
  return list[index % list.length] as T
}

function failed(error: Error): void {
  failure ??= error
}

Visitor.onFailed = failed

serve(load)
