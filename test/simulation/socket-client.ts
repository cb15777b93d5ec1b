import type { Resumed, Resuming } from '../../lib/websocket/resumed.ts'
import { sleep } from './clock.ts'
import { Connection } from './connection.ts'
import { GLOBAL_KEY, type SimulatedNode } from './node.ts'
import type { ClientPlan } from './scenario.ts'
import type { Message } from './sqs-queue.ts'
import type { World } from './world.ts'

/** An event that the server wrote to a client. */
export interface Heard {
  readonly offset: number
  readonly id: string
  /** When the server wrote it. */
  readonly at: number
}

/** What a client saw from one connect to the next. */
export interface Session {
  readonly at: number
  readonly node: string
  readonly token: string
  /** The offset with which it came; `undefined`: it wants what comes from now on. */
  readonly from: number | 'latest' | undefined
  readonly log: string | undefined
  admitted: boolean
  refusal?: string
  readonly heard: Heard[]
  resumed?: Resumed & { readonly after: number }
  /** Where events follow from now on, the log of that offset, and the number of events before it. */
  resuming?: Resuming & { readonly after: number }
  /** All that it was told of replays, and when. */
  readonly told: (Resumed & { readonly at: number })[]
  /** Other offsets that it was given, and the number of events before each. */
  readonly setBacks: { readonly offset: number; readonly after: number }[]
  /** The server has written that it ends the session, or the connection was lost before it could. */
  dismissed?: boolean
}

/** A client of Socket.IO that reads, stops reading, loses its connection, and comes back with the offset it has. */
export class SocketClient {
  readonly plan: ClientPlan
  readonly name: string
  readonly sessions: Session[] = []
  readonly #world: World
  #offset: number | 'latest' | undefined
  #log: string | undefined
  #connection: Connection | undefined
  #isOver = false

  constructor(world: World, plan: ClientPlan, index: number) {
    this.#world = world
    this.plan = plan
    this.name = `client-${index}`
    this.#offset = plan.offset
    this.#log = plan.log
  }

  /** The last offset that it has. */
  get offset(): number {
    return typeof this.#offset === 'number' ? this.#offset : 0
  }

  get session(): Session | undefined {
    return this.sessions.at(-1)
  }

  /** Connects again and again until `end`. */
  async live(): Promise<void> {
    const { random, weather } = this.#world
    await sleep(random.between(0, this.plan.delayMs))
    while (!this.#isOver) {
      const node = await this.#world.anyNode()
      if (this.#isOver) return
      await this.#connect(node)
      await sleep(random.between(50, weather.calm || this.session?.refusal === undefined ? 500 : 5_000))
    }
  }

  end(): void {
    this.#isOver = true
    this.#connection?.drop(0)
  }

  /** Loses its connection. */
  drop(silentMs: number): void {
    this.#connection?.drop(silentMs)
  }

  reads(reading: boolean): void {
    this.#connection?.reads(reading)
  }

  #connect(node: SimulatedNode): Promise<void> {
    const { clock, trace, random, scenario } = this.#world
    const { namespace } = this.plan
    const token = this.#key()
    const session: Session = {
      at: clock.now,
      node: node.process.name,
      token,
      from: this.#offset,
      log: this.#log,
      admitted: false,
      heard: [],
      told: [],
      setBacks: []
    }
    this.sessions.push(session)
    const written: Heard[] = []
    return new Promise((resolve) => {
      const connection: Connection = new Connection({
        process: node.process,
        latencyMs: random.between(0, scenario.latencyMs),
        systemBytes: this.plan.systemBytes,
        written: (packet) => {
          if (packet.startsWith('41')) session.dismissed = true
          const message = messageOf(packet)
          if (message && 'offset' in message.body && message.name !== 'resuming')
            written.push({ ...heard(message.body), at: clock.now })
        },
        read: (packet) => this.#read(packet, { session, connection, written }),
        over: () => {
          if (!this.#isOver) session.dismissed = true
          trace.add(this.name, 'is disconnected')
          resolve()
        }
      })
      this.#connection = connection
      connect(node, connection)
      const { events } = this.plan
      const auth = { apikey: token, offset: this.#offset, log: this.#log, ...(events && { events }) }
      connection.receive(`40${namespace === '/' ? '' : `${namespace},`}${JSON.stringify(auth)}`)
      trace.add(this.name, `comes to ${node.process.name}${namespace} with ${this.#offset}`)
    })
  }

  #key(): string {
    const { key, namespace } = this.plan
    return key === 'global' ? GLOBAL_KEY : (this.#world.tokens.get(key ?? namespace.slice(1)) ?? '')
  }

  #read(
    packet: string,
    { session, connection, written }: { session: Session; connection: Connection; written: Heard[] }
  ): void {
    const { trace } = this.#world
    if (packet === '2') connection.receive('3')
    const type = packet.slice(0, 2)
    if (type === '40') session.admitted = true
    if (type === '41') connection.drop(0)
    if (type === '44') {
      session.refusal = /IEV_\w+/.exec(packet)?.[0] ?? packet
      trace.add(this.name, `is refused: ${session.refusal}`)
      connection.drop(0)
    }
    const message = messageOf(packet)
    if (!message) return
    const { name, body } = message
    if (name === 'resumed') {
      const resumed = body as unknown as Resumed
      session.resumed = { ...resumed, after: session.heard.length }
      session.told.push({ ...resumed, at: this.#world.clock.now })
      this.#offset = resumed.to
      this.#log = resumed.log
      trace.add(this.name, `has resumed: ${resumed.from} to ${resumed.to}, ${resumed.count}, ${resumed.complete}`)
    } else if (name === 'resuming') {
      session.resuming = { ...(body as unknown as Resuming), after: session.heard.length }
      session.setBacks.push({ offset: session.resuming.offset, after: session.heard.length })
      this.#offset = session.resuming.offset
      this.#log = session.resuming.log
    } else if ('offset' in body) {
      session.heard.push(written.shift() ?? { ...heard(body), at: Infinity })
      this.#offset = body.offset
      trace.add(this.name, `hears ${body.instance}:${body.offset}`)
    }
  }
}

function heard({ offset, id }: Message): Omit<Heard, 'at'> {
  return { offset, id }
}

/** The event that a packet carries. https://github.com/socketio/socket.io-protocol#packet-encoding */
function messageOf(packet: string): { name: string; body: Message } | undefined {
  if (!packet.startsWith('42')) return undefined
  const [name, body] = JSON.parse(packet.slice(packet.indexOf('['))) as [string, Message]
  return { name, body }
}

/** Hands a WebSocket to Engine.IO, as it is after the upgrade. */
function connect({ process, app }: SimulatedNode, connection: Connection): void {
  const peer = { remoteAddress: '192.0.2.1' }
  const query = { EIO: '4', transport: 'websocket' }
  const request = {
    _query: query,
    headers: {},
    method: 'GET',
    url: '/socket.io/?EIO=4&transport=websocket',
    connection: peer,
    socket: peer
  }
  const engine = app.io.engine as unknown as {
    onWebSocket(request: object, socket: undefined, websocket: Connection): void
  }
  process.deliver(() => engine.onWebSocket(request, undefined, connection))
}
