import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { startFauxqs } from 'fauxqs'
import { Bench } from '../harness/bench.ts'
import { median } from '../harness/statistics.ts'
import { API_KEY } from '../latency/live-server.ts'
import { instanceNames } from '../sqs/sender.ts'
import { ask, DATABASE_URL } from './database.ts'
import { ServerNode } from './server-node.ts'

/**
 * `node bench/cluster/handover.ts [rounds]`: how long a handover between two nodes takes. One of them gets the signal to end,
 * and one event for each instance is posted to the other; the time ends when all of these events are in the queue.
 */
const ROUNDS = Number(process.argv[2] ?? 10)
const INSTANCES = instanceNames(40)
const QUEUE = 'global_call.fifo'
const HALF = 128
const ENDINGS = { stopped: 'SIGTERM', killed: 'SIGKILL', 'hangs, or is cut off': 'SIGSTOP' } as const

const bench = new Bench({ quick: false })
const database = `bench_${randomUUID().replaceAll('-', '')}`
const url = new URL(DATABASE_URL)
url.pathname = database
const sqs = await startFauxqs({ port: 0, logger: false })
const env = {
  AUTHENTICATION_API_KEY: API_KEY,
  DATABASE_URL: url.href,
  SERVER_PORT: '0',
  SQS_ENDPOINT: `http://127.0.0.1:${sqs.port}`,
  SQS_ACCESS_KEY_ID: 'a',
  SQS_SECRET_ACCESS_KEY: 'b',
  SQS_GLOBAL_EVENTS: 'CALL',
  LOG_LEVEL: 'error'
}
const nodes = new Set<ServerNode>()
let posted = 0

async function start(): Promise<ServerNode> {
  const node = await ServerNode.start(bench.folder(), env)
  nodes.add(node)
  return node
}

/** Posts an event for each instance. Resolves when all that was ever posted is in the queue. */
async function deliver(node: ServerNode): Promise<void> {
  const headers = { apikey: API_KEY, 'content-type': 'application/json' }
  const body = JSON.stringify({ event: 'call', data: posted })
  posted += INSTANCES.length
  const post = async (instance: string) => {
    const { status } = await fetch(`${node.url}/events/${instance}`, { method: 'POST', headers, body })
    if (status !== 202) throw new Error(`An event was answered ${status}`)
  }
  await Promise.all(INSTANCES.map(post))
  const depth = () => sqs.inspectQueue(QUEUE)?.messages.ready.length ?? 0
  while (depth() < posted) await pause(2)
}

async function round(stays: ServerNode, signal: NodeJS.Signals): Promise<number> {
  const leaves = await start()
  while ((await stays.lanes()) !== HALF || (await leaves.lanes()) !== HALF) await pause(20)
  await deliver(stays)
  const begun = performance.now()
  leaves.signal(signal)
  await deliver(stays)
  const tookMs = performance.now() - begun
  await leaves.kill()
  return tookMs
}

try {
  await ask(`CREATE DATABASE ${database}`)
  const stays = await start()
  for (const [ending, signal] of Object.entries(ENDINGS)) {
    const times: number[] = []
    for (let n = 0; n < ROUNDS; n++) times.push(await round(stays, signal))
    const [least, middle, most] = [Math.min(...times), median(times), Math.max(...times)].map(Math.round)
    console.log(`${ending} (${signal}), ${ROUNDS} times: ${middle} ms (${least} … ${most})`)
  }
} finally {
  await Promise.all([...nodes].map((node) => node.kill()))
  await sqs.stop()
  await bench.close()
  await ask(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`)
}
