import { Clock, SimulatedProcess, sleep } from './clock.ts'
import { Disk } from './disk.ts'
import { History } from './history.ts'
import { SimulatedNode } from './node.ts'
import { Random } from './random.ts'
import { OVERSIZED, type Scenario } from './scenario.ts'
import { SocketClient } from './socket-client.ts'
import { SimulatedSqs } from './sqs.ts'
import type { Message } from './sqs-queue.ts'
import { Trace } from './trace.ts'
import { Weather } from './weather.ts'

/** All that a run consists of. */
export class World {
  readonly scenario: Scenario
  readonly clock: Clock
  readonly random: Random
  readonly trace: Trace
  readonly history: History
  readonly weather: Weather
  readonly sqs: SimulatedSqs
  readonly disk: Disk
  /** The node, while it is up. */
  node: SimulatedNode | undefined
  readonly clients: readonly SocketClient[]
  /** The token of each instance. */
  readonly tokens: Map<string, string>
  /** When tokens were replaced. */
  readonly revoked = new Map<string, number>()
  /** SQS refuses poison until then. */
  cured = false
  /** The process of a node that is on its way up or down. */
  #between: SimulatedProcess | undefined
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
    this.clients = scenario.clients.map((plan, index) => new SocketClient(this, plan, index))
    this.weather = new Weather(this.random, scenario)
    this.disk = new Disk({ random: this.random, history: this.history, now })
    this.sqs = new SimulatedSqs({
      weather: this.weather,
      trace: this.trace,
      now,
      refuses: ({ data }: Message) => (data as { poison?: boolean }).poison === true && !this.cured
    })
  }

  /** Starts the node, if there is none. One that is on its way down is waited for. */
  async start(): Promise<void> {
    while (this.#between) await Promise.race([this.#between.ended, sleep(20)])
    if (this.node) return
    const process = new SimulatedProcess(`node-${++this.#processes}`)
    this.#between = process
    const { sqs, trace, history, disk } = this
    this.trace.add(process.name, 'starts')
    const node = await SimulatedNode.start({
      process,
      openStore: (process) => disk.open(process),
      sqs,
      trace,
      settings: this.scenario.settings,
      failed: (line) => history.violations.push(line)
    })
    if (this.#between === process) this.#between = undefined
    this.node = process.alive ? node : undefined
    await this.learn()
  }

  /** Ends the node without a word. */
  crash(): void {
    const process = this.node?.process ?? this.#between
    if (!process) return
    this.trace.add(process.name, 'crashes')
    this.disk.crash()
    process.end()
    this.history.lost(process)
    this.node = undefined
    this.#between = undefined
  }

  /** Shuts the node down. */
  async stop(): Promise<void> {
    const { node } = this
    if (!node) return
    const { process } = node
    this.node = undefined
    this.#between = process
    this.trace.add(process.name, 'stops')
    await node.stop()
    // What could not be written is tried again every second, but not at the end.
    if (this.disk.fullUntil > this.clock.now - 1_000) this.history.lost(process)
    this.trace.add(process.name, 'has stopped')
    if (this.#between === process) this.#between = undefined
  }

  /** Notes what the log has, if the node is up. */
  async learn(): Promise<void> {
    const { node } = this
    if (!node) return
    await this.history.learn(this.disk.store).catch((error: unknown) => {
      if (this.node === node) throw error
    })
  }

  /** Waits for the node to be up. */
  async anyNode(): Promise<SimulatedNode> {
    while (!this.node) await sleep(20)
    return this.node
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
