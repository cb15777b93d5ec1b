import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import type { EventStore } from '../../lib/store/event-store.ts'
import sqs from '../../plugins/sqs.ts'
import websocket from '../../plugins/websocket.ts'
import { SimulatedProcess } from './clock.ts'
import type { Settings } from './scenario.ts'
import type { SimulatedSqs } from './sqs.ts'
import type { Trace } from './trace.ts'

export const GLOBAL_KEY = 'the-global-key'

/** An error-level line that is no fault: a dead letter. */
const EXPECTED = /became a dead letter/

export interface NodeOptions {
  process: SimulatedProcess
  openStore: (process: SimulatedProcess) => EventStore | Promise<EventStore>
  sqs: SimulatedSqs
  settings: Settings
  trace: Trace
  /** Called of each error that the node logs and that nothing explains. */
  failed: (line: string) => void
}

/** A node: the product's plugins in a process of the simulation. */
export class SimulatedNode {
  readonly process: SimulatedProcess
  readonly app: FastifyInstance
  readonly store: EventStore

  /** @returns `undefined` if the process ends before it is up */
  static start(options: NodeOptions): Promise<SimulatedNode | undefined> {
    return options.process.ask(() => SimulatedNode.#boot(options))
  }

  static async #boot({
    process,
    openStore,
    sqs: service,
    settings,
    trace,
    failed
  }: NodeOptions): Promise<SimulatedNode> {
    const store = await openStore(process)
    const app = Fastify({ loggerInstance: logger(process, { trace, failed }) }) as unknown as FastifyInstance
    const { queueType, global, concurrency, maxAttempts, maxPayloadBytes, ...sockets } = settings
    await app.register(sqs, {
      client: service.client(process),
      queueType,
      global,
      concurrency,
      maxAttempts,
      maxPayloadBytes,
      eventLog: { store }
    })
    await app.register(websocket, { apiKey: GLOBAL_KEY, ...sockets })
    await app.ready()
    return new SimulatedNode(process, app, store)
  }

  private constructor(process: SimulatedProcess, app: FastifyInstance, store: EventStore) {
    this.process = process
    this.app = app
    this.store = store
  }

  /** Shuts it down as on SIGTERM. */
  async stop(): Promise<void> {
    await this.process.ask(async () => {
      await this.app.close()
      await this.store.close()
    })
    this.process.end()
  }
}

/** Notes what the node says; an error that is logged is one that nobody else would see. */
function logger(
  process: SimulatedProcess,
  { trace, failed }: Pick<NodeOptions, 'trace' | 'failed'>
): FastifyBaseLogger {
  const say =
    (level: string) =>
    (object: object | string, message = String(object)) => {
      const { err } = Object(object) as { err?: Error }
      const line = `${message}${err ? `: ${err.message}` : ''}`
      if (!process.alive) return
      if (level !== 'debug') trace.add(process.name, `${level}: ${line}`)
      if (level === 'error' && !EXPECTED.test(line)) failed(`${process.name} logged: ${line}\n${err?.stack ?? ''}`)
    }
  const log = {
    level: 'debug',
    fatal: say('error'),
    error: say('error'),
    warn: say('warn'),
    info: say('info'),
    debug: () => {},
    trace: () => {},
    silent: () => {},
    child: () => log
  }
  return log as unknown as FastifyBaseLogger
}
