import { checkLeases } from './check-leases.ts'
import { checkLog } from './check-log.ts'
import { checkQueues } from './check-queues.ts'
import { checkSockets, waitingClients } from './check-sockets.ts'
import { Clock, sleep } from './clock.ts'
import { suffer } from './misfortunes.ts'
import { produce } from './producer.ts'
import type { SimulatedNode } from './node.ts'
import { scenarioOf, type Tenant } from './scenario.ts'
import { World } from './world.ts'

export interface Outcome {
  readonly seed: number
  /** What is wrong; none if all is as promised. */
  readonly violations: readonly string[]
  /** The same for all runs in which the same happened. */
  readonly fingerprint: string
  /** What happened last. */
  readonly trace: readonly string[]
  readonly counts: { readonly events: number; readonly calls: number; readonly hours: number }
}

/** 2026-01-01; a time of day that is not that of this machine. */
const BEGIN = 1_767_225_600_000
/** Within which all that is pending is sent once SQS and the disk do well: queues that were denied wait a minute. */
const RECOVERY_MS = 1_200_000
/**
 * Within which the last client has come, or one that waits gets something: a connection that was lost without a sign is
 * noticed after 45 seconds.
 */
const CATCH_UP_MS = 120_000
/** Within which nodes and clients know that the log has lost its end. */
const FAILED_OVER_MS = 60_000
const VIOLATIONS = 20

/** Runs the scenario of a seed, and looks at what came of it. @param traceLines that are kept of what happened last */
export async function simulate(seed: number, traceLines = 80): Promise<Outcome> {
  const clock = new Clock(BEGIN)
  const world = new World(scenarioOf(seed), clock, traceLines)
  const { random: mathRandom } = Math
  Math.random = () => world.random.next()
  const { history, trace, sqs } = world
  const rejected = (error: unknown) => history.violations.push(`unhandled: ${(error as Error).stack}`)
  process.on('unhandledRejection', rejected)
  try {
    await clock.run(() => live(world))
    history.violations.push(...checkLog(world), ...checkQueues(world), ...checkLeases(world), ...checkSockets(world))
  } catch (error) {
    history.violations.push(`it broke off: ${(error as Error).stack}`)
  } finally {
    Math.random = mathRandom
    await world.backend.remove()
    await clock.end()
    process.off('unhandledRejection', rejected)
  }
  return {
    seed,
    violations: history.violations.slice(0, VIOLATIONS),
    fingerprint: trace.fingerprint(),
    trace: trace.lines,
    counts: { events: history.logged.size, calls: sqs.calls.length, hours: (clock.now - BEGIN) / 3_600_000 }
  }
}

async function live(world: World): Promise<void> {
  const { weather, scenario } = world
  weather.calm = true
  await startAll(world)
  await settle(world)
  weather.calm = false
  for (const client of world.clients) void client.live()
  const producers = scenario.producers.map((plan, index) => produce(world, plan, index))
  await Promise.all([...producers, suffer(world)])
  await recover(world)
  await caughtUp(world)
  for (const client of world.clients) client.end()
  await Promise.all(world.slots.map((slot) => world.stop(slot)))
}

async function startAll(world: World): Promise<void> {
  await Promise.all(world.slots.map((slot) => world.start(slot)))
}

/** Registers the instances and what they select. */
async function settle(world: World): Promise<void> {
  const { process, app } = await world.anyNode()
  for (const { name, token, ...selected } of world.scenario.tenants) {
    await process.ask(async () => {
      await app.eventLog.instances.create({ name, token })
      // An empty list would select everything.
      for (const transport of ['sqs', 'websocket'] as const)
        await app[transport].set(name, { enabled: selected[transport].length > 0, events: selected[transport] })
    })
  }
  // Every node knows of the last one.
  const { name } = world.scenario.tenants.at(-1) as Tenant
  const isKnown = ({ app }: SimulatedNode) => app.eventLog.instances.get(name)?.selections.websocket
  while (!world.nodes.every(isKnown)) await sleep(10)
}

/** Waits for clients to have what they may see. */
async function caughtUp(world: World): Promise<void> {
  const { clock, clients, history, scenario } = world
  for (const client of clients) client.reads(true)
  if (history.failovers.length > 0) await sleep(FAILED_OVER_MS)
  let deadline = clock.now + scenario.durationMs + CATCH_UP_MS
  let before = ''
  for (;;) {
    const waiting = waitingClients(world)
    if (waiting.length === 0) return
    const progress = waiting.map(({ name, offset }) => `${name} ${offset}`).join()
    if (before !== '' && progress !== before) deadline = Math.max(deadline, clock.now + CATCH_UP_MS)
    before = progress
    if (clock.now > deadline) {
      history.violations.push(...waiting.map(({ name }) => `${name} waits forever`))
      return
    }
    await sleep(500)
  }
}

/** Mends everything, and waits for what is pending. */
async function recover(world: World): Promise<void> {
  const { weather, backend, clock, history, trace } = world
  trace.add('world', 'everything is mended')
  weather.calm = true
  backend.mend()
  world.cured = true
  await startAll(world)
  const { process, app } = await world.anyNode()
  const deadline = clock.now + RECOVERY_MS
  for (;;) {
    const read = () => app.sqs.deadLetters.read({ after: 0, limit: 10_000 })
    const letters = (await process.ask(read)) ?? []
    const curable = letters.filter(({ reason }) => reason !== 'IEV_SQS_PAYLOAD_TOO_LARGE').map(({ id }) => id)
    const pending = backend.pendingCount
    if (curable.length === 0 && pending === 0) break
    if (clock.now > deadline) {
      history.violations.push(`${pending} deliveries are pending forever, and ${curable.length} dead letters`)
      break
    }
    const redrive = () => app.sqs.deadLetters.redrive({ ids: curable.slice(0, 1_000) })
    if (curable.length > 0) await process.ask(redrive).catch(() => {})
    await sleep(1_000)
  }
  await world.learn()
}
