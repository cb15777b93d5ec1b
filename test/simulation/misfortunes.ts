import { sleep } from './clock.ts'
import { produce } from './producer.ts'
import type { Misfortune } from './scenario.ts'
import type { Slot, World } from './world.ts'

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
    const slot = world.slot()
    world.crash(slot)
    await startAgain(world, slot)
  },

  'crash in a commit': async (world) => {
    const { random, backend } = world
    const crashed = Promise.withResolvers<void>()
    const callOff = backend.alarm.set(random.between(1, 5), (process) => {
      world.crashProcess(process)
      crashed.resolve()
    })
    await Promise.race([crashed.promise, sleep(60_000)])
    callOff()
    await Promise.all(world.slots.map((slot) => startAgain(world, slot)))
  },

  restart: async (world) => {
    const slot = world.slot()
    await world.stop(slot)
    await startAgain(world, slot)
  },

  weather: async ({ random, weather, scenario }) => {
    weather.condition = random.pick(['down', 'silent', 'throttling', 'denying'])
    await sleep(random.between(10, random.chance(0.2) ? 600_000 : scenario.durationMs))
    weather.condition = 'fair'
  },

  'full disk': async ({ backend, random, clock }) => {
    backend.fullUntil = clock.now + random.between(10, 20_000)
  },

  'bad reads': async ({ backend, random }) => {
    backend.badReads = random.pick([0.1, 0.5, 1])
    await sleep(random.between(10, 5_000))
    backend.badReads = 0
  },

  'slow reads': async ({ backend, random }) => {
    backend.readMs = random.pick([5, 100, 2_000])
    await sleep(random.between(10, 20_000))
    backend.readMs = 0
  },

  'queue deleted': async ({ sqs, random }) => {
    if (sqs.names.length > 0) sqs.delete(random.pick(sqs.names))
  },

  redrive: async (world) => {
    const { node } = world.slot()
    if (node) await node.process.ask(() => node.app.sqs.deadLetters.redrive({})).catch(() => {})
  },

  prune: async (world) => {
    const { clock, random } = world
    const { node } = world.slot()
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

  'clients resume slowly': async (world) => {
    const { backend, clients, random, scenario } = world
    backend.readMs = random.pick([100, 2_000])
    // Events of several instances come meanwhile.
    const plan = { calls: random.between(1, 6), batch: 1, paceMs: 500, ownIds: false, poison: 0, oversized: 0 }
    const produced = scenario.tenants.map(({ name }) => produce(world, { ...plan, instance: name }, Infinity))
    for (let left = random.between(1, 4); left > 0; left--) {
      for (const client of clients) client.drop(0)
      await sleep(random.between(500, 5_000))
    }
    backend.readMs = 0
    await Promise.all(produced)
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
    // Other nodes learn of it a little later.
    while (world.nodes.some(({ app }) => app.eventLog.instances.findByToken(before))) await sleep(10)
    revoked.set(before, clock.now)
  },

  pause: async (world) => {
    const { clock, random } = world
    const { node } = world.slot()
    if (node) node.process.pausedUntil = clock.now + random.between(10, 10_000)
  },

  'trouble at a look-up': async ({ sqs, clock, random, postgres }) => {
    sqs.onLookUp = (process) => {
      if (random.chance(0.5)) process.pausedUntil = clock.now + random.between(10, 10_000)
      else postgres?.drop(process, { silent: false })
      return random.between(0, 9_000)
    }
    await sleep(60_000)
    sqs.onLookUp = undefined
  },

  'take-overs fail': async (world) => {
    const { postgres, random } = world
    if (!postgres) return
    postgres.failedTakeOvers = random.between(1, 3)
    const { node } = world.slot()
    if (node) postgres.drop(node.process, { silent: false })
    await sleep(30_000)
    postgres.failedTakeOvers = 0
  },

  'partitions move': async (world) => {
    const { backend, postgres, random } = world
    backend.readMs = random.pick([100, 500, 2_000])
    for (let left = random.between(1, 5); left > 0; left--) {
      const { node } = world.slot()
      if (node) postgres?.drop(node.process, { silent: false })
      await sleep(random.between(100, 3_000))
    }
    backend.readMs = 0
  },

  'slow writes': async ({ postgres, random }) => {
    if (!postgres) return
    postgres.writeMs = random.pick([100, 1_000, 5_000])
    await sleep(random.between(1_000, 30_000))
    postgres.writeMs = 0
  },

  'session ends': async (world) => {
    const { node } = world.slot()
    if (node) world.postgres?.drop(node.process, { silent: world.random.chance(0.5) })
  },

  'cut off from the database': async (world) => {
    const { random, postgres } = world
    const { node } = world.slot()
    if (node) postgres?.cut(node.process, random.pick([500, 2_000, 5_000, 30_000]))
  },

  failover: async (world) => {
    const { postgres, random, clock } = world
    if (!postgres || postgres.hasStandby) return
    postgres.hasStandby = true
    const standby = postgres.tables.copy(clock.now)
    await sleep(random.pick([1, 100, 2_000, 10_000]))
    world.failOver(standby, random.pick([0, 100, 3_000, 20_000]))
    postgres.hasStandby = false
  },

  'database restarts': async ({ random, postgres }) => {
    postgres?.restart(random.pick([0, 100, 3_000, 20_000]))
  }
}

async function startAgain(world: World, slot: Slot): Promise<void> {
  await sleep(world.random.between(0, 5_000))
  await world.start(slot)
}
