import { sleep } from './clock.ts'
import type { Misfortune } from './scenario.ts'
import type { World } from './world.ts'

/** Lets happen what a scenario has in store, and repairs each after a while. */
export async function suffer(world: World): Promise<void> {
  let before = 0
  const repairs: Promise<void>[] = []
  for (const { at, kind } of world.scenario.misfortunes) {
    await sleep(at - before)
    before = at
    world.trace.add('world', kind)
    repairs.push(MISFORTUNES[kind](world))
  }
  await Promise.all(repairs)
}

const MISFORTUNES: Record<Misfortune, (world: World) => Promise<void>> = {
  crash: async (world) => {
    world.crash()
    await startAgain(world)
  },

  'crash in a commit': async (world) => {
    const crashed = Promise.withResolvers<void>()
    const callOff = world.disk.inCommit(world.random.between(1, 5), () => {
      world.crash()
      crashed.resolve()
    })
    await Promise.race([crashed.promise, sleep(60_000)])
    callOff()
    await startAgain(world)
  },

  restart: async (world) => {
    await world.stop()
    await startAgain(world)
  },

  weather: async ({ random, weather, scenario }) => {
    weather.condition = random.pick(['down', 'silent', 'throttling', 'denying'])
    await sleep(random.between(10, random.chance(0.2) ? 600_000 : scenario.durationMs))
    weather.condition = 'fair'
  },

  'full disk': async ({ disk, random, clock }) => {
    disk.fullUntil = clock.now + random.between(10, 20_000)
  },

  'bad reads': async ({ disk, random }) => {
    disk.badReads = random.pick([0.1, 0.5, 1])
    await sleep(random.between(10, 5_000))
    disk.badReads = 0
  },

  'slow reads': async ({ disk, random }) => {
    disk.readMs = random.pick([5, 100, 2_000])
    await sleep(random.between(10, 20_000))
    disk.readMs = 0
  },

  'queue deleted': async ({ sqs, random }) => {
    if (sqs.names.length > 0) sqs.delete(random.pick(sqs.names))
  },

  redrive: async ({ node }) => {
    if (node) await node.process.ask(() => node.app.sqs.deadLetters.redrive({})).catch(() => {})
  },

  prune: async (world) => {
    const { node, clock, random } = world
    if (!node) return
    await world.learn()
    const acceptedBefore = clock.now - random.pick([1_000, 10_000, 100_000])
    const { process, store } = node
    const round = () => process.ask(() => store.log.prune({ acceptedBefore, maxBytes: Infinity }))
    for (let more = true; more;) more = (await round().catch(() => {}))?.more ?? false
    await world.learn()
  },

  'clients are cut off': async ({ clients, random }) => {
    for (const client of clients) if (random.chance(0.5)) client.drop(random.pick([0, 0, 100, 100_000]))
  },

  'clients stop to read': async ({ clients, random }) => {
    const stopped = clients.filter(() => random.chance(0.5))
    for (const client of stopped) client.reads(false)
    await sleep(random.pick([10, 500, 5_000, 20_000]))
    for (const client of stopped) client.reads(true)
  },

  'new token': async (world) => {
    const { random, clock, tokens, revoked, scenario } = world
    const { name } = random.pick(scenario.tenants)
    const before = tokens.get(name) as string
    const token = `${before}-`
    for (;;) {
      const { process, app } = await world.anyNode()
      const changed = await process.ask(() => app.eventLog.instances.setToken(name, token)).catch(() => {})
      if (changed) break
      await sleep(100)
    }
    tokens.set(name, token)
    revoked.set(before, clock.now)
  },

  pause: async ({ node, clock, random }) => {
    if (node) node.process.pausedUntil = clock.now + random.between(10, 10_000)
  }
}

async function startAgain(world: World): Promise<void> {
  await sleep(world.random.between(0, 5_000))
  await world.start()
}
