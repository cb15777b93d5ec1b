import { BackpressureError } from '../../lib/errors.ts'
import type { Backend } from './backend.ts'
import { Clock, SimulatedProcess, sleep } from './clock.ts'
import { Cluster } from './cluster.ts'
import { Disk } from './disk.ts'
import { History } from './history.ts'
import { SimulatedNode } from './node.ts'
import type { SimulatedPostgres } from './postgres.ts'
import { Random } from './random.ts'
import { OVERSIZED, type Scenario } from './scenario.ts'
import { SocketClient } from './socket-client.ts'
import { SimulatedSqs } from './sqs.ts'
import type { Message } from './sqs-queue.ts'
import type { Standby } from './tables.ts'
import { Trace } from './trace.ts'
import { Weather } from './weather.ts'

/** A place for a node: one after the other runs in it. */
export interface Slot {
  /** The node, while it is up. */
  node: SimulatedNode | undefined
  /** The process of a node that is on its way up or down. */
  between: SimulatedProcess | undefined
}

/** All that a run consists of. */
export class World {
  readonly scenario: Scenario
  readonly clock: Clock
  readonly random: Random
  readonly trace: Trace
  readonly history: History
  readonly weather: Weather
  readonly sqs: SimulatedSqs
  readonly backend: Backend
  /** The database of several nodes. */
  readonly postgres: SimulatedPostgres | undefined
  readonly slots: readonly Slot[]
  readonly clients: readonly SocketClient[]
  /** The token of each instance. */
  readonly tokens: Map<string, string>
  /** When tokens were replaced, as far as every node knows. */
  readonly revoked = new Map<string, number>()
  /** SQS refuses poison until then. */
  cured = false
  #processes = 0

  constructor(scenario: Scenario, clock: Clock, traceLines: number) {
    const now = () => clock.now
    this.scenario = scenario
    this.clock = clock
    // What the scenario was made of is not what happens in it.
    this.random = new Random(scenario.seed ^ 0x5bd1e995)
    this.trace = new Trace(now, traceLines)
    this.history = new History(now)
    this.tokens = new Map(scenario.tenants.map(({ name, token }) => [name, token]))
    this.slots = Array.from({ length: scenario.nodes }, () => ({ node: undefined, between: undefined }))
    this.clients = scenario.clients.map((plan, index) => new SocketClient(this, plan, index))
    this.weather = new Weather(this.random, scenario)
    const { random, history, trace } = this
    const cluster = scenario.nodes > 1 && new Cluster({ random, history, trace, now, latencyMs: scenario.latencyMs })
    this.postgres = cluster ? cluster.postgres : undefined
    this.backend = cluster || new Disk({ random, history, now })
    this.sqs = new SimulatedSqs({
      weather: this.weather,
      trace: this.trace,
      now,
      refuses: ({ data }: Message) => (data as { poison?: boolean }).poison === true && !this.cured
    })
  }

  /** The nodes that are up. */
  get nodes(): SimulatedNode[] {
    return this.slots.flatMap(({ node }) => node ?? [])
  }

  /** Any slot. */
  slot(): Slot {
    return this.random.pick(this.slots)
  }

  /** Starts a node, if there is none. One that is on its way down is waited for. */
  async start(slot: Slot): Promise<void> {
    while (slot.between) await Promise.race([slot.between.ended, sleep(20)])
    if (slot.node) return
    for (let process = this.#boot(slot); ; process = this.#boot(slot)) {
      try {
        const node = await this.#node(process)
        if (slot.between === process) slot.between = undefined
        slot.node = process.alive ? node : undefined
        break
      } catch (error) {
        // A database that cannot be reached: whoever supervises the process starts it again.
        if (!(error instanceof BackpressureError)) throw error
        this.trace.add(process.name, `does not start: ${error.message}`)
        this.crash(slot)
        await sleep(1_000)
      }
    }
    if (slot.node) await this.learn()
  }

  #boot(slot: Slot): SimulatedProcess {
    const process = new SimulatedProcess(`node-${++this.#processes}`)
    slot.between = process
    this.trace.add(process.name, 'starts')
    return process
  }

  #node(process: SimulatedProcess): Promise<SimulatedNode | undefined> {
    const { sqs, trace, history, backend } = this
    return SimulatedNode.start({
      process,
      openStore: (process) => backend.open(process),
      sqs,
      trace,
      settings: this.scenario.settings,
      failed: (line) => history.violations.push(line)
    })
  }

  /** Ends a node without a word. */
  crash(slot: Slot): void {
    const process = slot.node?.process ?? slot.between
    if (!process) return
    this.trace.add(process.name, 'crashes')
    process.end()
    this.history.lost(process)
    this.backend.crashed(process)
    slot.node = undefined
    slot.between = undefined
  }

  /** Ends the process that has made a commit. */
  crashProcess(process: SimulatedProcess): void {
    const slot = this.slots.find(({ node, between }) => node?.process === process || between === process)
    if (slot) this.crash(slot)
  }

  /** A standby that lags becomes the primary of several nodes. */
  failOver({ head, at, promote }: Standby, awayMs: number): void {
    const { history, sqs, trace } = this
    const postgres = this.postgres as SimulatedPostgres
    const { tables } = postgres
    trace.add('postgres', `fails over: ${tables.head - head} events are lost`)
    history.note(tables.read({ after: 0, limit: Infinity }), tables.range())
    history.failedOver({ upTo: head, since: at })
    // What was acknowledged since may be sent again.
    for (const sender of new Set(sqs.calls.map((call) => call.sender))) history.lost(sender)
    promote()
    postgres.restart(awayMs)
  }

  /** Shuts a node down. */
  async stop(slot: Slot): Promise<void> {
    const { node } = slot
    if (!node) return
    const { process } = node
    slot.node = undefined
    slot.between = process
    this.trace.add(process.name, 'stops')
    await node.stop()
    if (this.backend.losesAcknowledgements(process)) this.history.lost(process)
    this.trace.add(process.name, 'has stopped')
    if (slot.between === process) slot.between = undefined
  }

  /** Notes what the log has, if a node is up. */
  async learn(): Promise<void> {
    const [node] = this.nodes
    if (!node) return
    await this.backend.learn(this.history).catch((error: unknown) => {
      // Its file was closed meanwhile.
      if (this.nodes[0] === node) throw error
    })
  }

  /** Waits for a node to be up, and returns one. */
  async anyNode(): Promise<SimulatedNode> {
    for (;;) {
      const { nodes } = this
      if (nodes.length > 0) return this.random.pick(nodes)
      await sleep(20)
    }
  }

  /** The data of an event. */
  data(number: number, { poison, oversized }: { poison: number; oversized: number }): Record<string, unknown> {
    const { random } = this
    return {
      number,
      ...(random.chance(poison) && { poison: true }),
      ...(random.chance(oversized) && { oversized: 'x'.repeat(OVERSIZED) }),
      ...(random.chance(0.1) && { filler: 'x'.repeat(random.between(0, 3_000)) })
    }
  }
}
