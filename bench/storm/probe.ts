import { Agent, request } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { clock } from '../harness/clock.ts'
import { sampleEvent } from '../harness/sample-events.ts'
import { serve } from '../harness/serve.ts'
import { quantile } from '../harness/statistics.ts'
import { follow } from '../latency/follow.ts'
import { API_KEY } from '../latency/live-server.ts'

export interface ProbeOptions {
  port: number
  instance: string
  perSecond: number
}

/** Milliseconds from when an event was due until it was answered, and until a live socket had it: 99 of 100. */
export interface Probed {
  answered: number
  live: number
}

const { event, data } = sampleEvent('0.8 kB')
/** Connections that are open before the sockets come back, as those of a hub are: enough for as many events as are under way. */
const CONNECTIONS = 64

const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
const AT = /"at":([\d.]+)/

let run: { answered: number[]; live: number[]; stop: () => void; stopped: Promise<void> } | undefined

/** Posts events of one instance at a steady rate, and follows it with a socket. */
const probe = {
  async connect({ port, instance }: ProbeOptions): Promise<void> {
    await follow({
      port,
      namespace: instance,
      onEvent: (text) => run?.live.push(clock() - Number(AT.exec(text)?.[1])),
      onError: fail
    })
    // A connection that is opened later would wait behind all returning sockets.
    await Promise.all(Array.from({ length: CONNECTIONS }, () => postOne({ port, instance, at: clock() })))
  },
  begin(options: ProbeOptions): void {
    let running = true
    const answered: number[] = []
    const stopped = post(options, { answered, isRunning: () => running })
    run = { answered, live: [], stop: () => (running = false), stopped }
  },
  /** Resolves when all events have been answered and received. */
  async end(): Promise<Probed> {
    if (!run) throw new Error('It has not begun')
    const { answered, live, stop, stopped } = run
    stop()
    await stopped
    while (live.length < answered.length) await setTimeout(1)
    return { answered: quantile(answered, 0.99), live: quantile(live, 0.99) }
  }
}

export type Probe = typeof probe

async function post(
  { port, instance, perSecond }: ProbeOptions,
  { answered, isRunning }: { answered: number[]; isRunning: () => boolean }
): Promise<void> {
  const begun = clock()
  const posts: Promise<void>[] = []
  for (let done = 0; isRunning();) {
    const due = Math.floor(((clock() - begun) * perSecond) / 1_000)
    for (; done < due; done++) {
      const at = begun + (done * 1_000) / perSecond
      posts.push(postOne({ port, instance, at }).then(() => void answered.push(clock() - at)))
    }
    await setTimeout(1)
  }
  await Promise.all(posts)
}

function postOne({ port, instance, at }: { port: number; instance: string; at: number }): Promise<void> {
  const headers = { apikey: API_KEY, 'content-type': 'application/json' }
  return new Promise((resolve, reject) => {
    const asked = request({ port, agent, method: 'POST', path: `/events/${instance}`, headers }, (response) => {
      response.resume().once('end', resolve).once('error', reject)
      if (response.statusCode !== 202) reject(new Error(`An event was answered ${response.statusCode}`))
    })
    asked.once('error', reject).end(JSON.stringify({ event, data: { at, ...data } }))
  })
}

/** Unhandled, it ends the process, and the benchmark. */
function fail(error: Error): never {
  throw error
}

serve(probe)
