import { readClientLog } from '../../lib/websocket/client-log.ts'
import { toldWithoutReason, untoldAfterFailovers } from './check-failovers.ts'
import type { LoggedEvent } from './history.ts'
import { carriesEvents, isVisible, mayEnter } from './scenario.ts'
import type { Heard, Session, SocketClient } from './socket-client.ts'
import type { World } from './world.ts'

/** What is wrong with the sockets: an event is missing, comes twice, is out of order, or is not for who got it. */
export function checkSockets(world: World): string[] {
  return world.clients.flatMap((client) => new ClientCheck(world, client).verdict())
}

/** Follows what one client got, over all of its connections. */
class ClientCheck {
  readonly #world: World
  readonly #client: SocketClient
  readonly #visible: readonly number[]
  readonly #wrong: string[] = []

  constructor(world: World, client: SocketClient) {
    this.#world = world
    this.#client = client
    this.#visible = this.#visibleIn(world.history.logged)
  }

  verdict(): string[] {
    const { plan, sessions } = this.#client
    for (const session of sessions) {
      if (!mayEnter(this.#world.scenario, plan)) {
        if (session.admitted || session.heard.length > 0) this.#complain('was let in, though it may not')
        continue
      }
      this.#allowed(session)
      this.#refused(session)
      this.#resumed(session)
      this.#gapless(session)
    }
    if (mayEnter(this.#world.scenario, plan)) {
      const told = toldWithoutReason(this.#world, this.#client, (session) => this.#isExplained(session))
      for (const what of [...told, ...untoldAfterFailovers(this.#world, this.#client, this.#visible)])
        this.#complain(what)
    }
    return this.#wrong
  }

  /**
   * All of it is for this client, as it was logged, and written while its key was good. What waited for the network by then
   * still comes, before the server's word that the session is over.
   */
  #allowed({ heard, token, dismissed }: Session): void {
    const { history, scenario, revoked } = this.#world
    for (const { offset, id, at } of heard) {
      const event = history.event({ offset, id })
      if (!event) this.#complain(`got ${offset} as ${id}, which is ${history.logged.get(offset)?.id}`)
      else if (!isVisible(scenario, this.#client.plan, event)) this.#complain(`got ${offset}, which is not for it`)
      if (at > (revoked.get(token) ?? Infinity) && !dismissed)
        this.#complain(`got ${offset} after its token was replaced`)
    }
  }

  #refused({ refusal }: Session): void {
    if (refusal !== undefined) this.#complain(`was refused: ${refusal}`, REFUSALS.has(refusal))
  }

  #resumed({ from, heard, resumed, setBacks }: Session): void {
    if (!resumed) return
    const { count, to, after } = resumed
    if (from === undefined && setBacks.length === 0) this.#complain('was told of a replay that it did not ask for')
    // After a failover the replay begins anew, and live events precede another one.
    if (this.#world.history.failovers.length > 0 && setBacks.some((setBack) => setBack.after > 0)) return
    if (count !== after) this.#complain(`was told of ${count} replayed events and got ${after}`)
    if ((heard[after - 1]?.offset ?? 0) > to) this.#complain(`has resumed up to ${to}`)
  }

  /** True if something is missing for another reason than a failover. */
  #isExplained({ at, from, log }: Session): boolean {
    // The first offset of a client is not of this log: it may be higher than the log reaches.
    const invented = this.#client.sessions.every((other) => other.from === from || other.at > at)
    const isPruned = typeof from === 'number' && from < this.#world.history.prunedTo
    return invented || isPruned || isOwed(log)
  }

  /** After the first event of a connection, or the offset it came with, nothing is left out and nothing comes again. */
  #gapless({ from, heard, resumed, resuming, setBacks, told }: Session): void {
    let before = typeof from === 'number' ? from : (heard[0]?.offset ?? 0) - 1
    const replayed = told.length > 1 ? Infinity : (resumed?.after ?? Infinity)
    const isTold = told.some(({ complete }) => !complete) || isOwed(resuming?.log)
    for (const [index, { offset, id }] of heard.entries()) {
      before = setBacks.findLast(({ after }) => after === index)?.offset ?? before
      // One that never asked for offsets is not told where events of another epoch follow.
      if (from === undefined) before = Math.min(before, this.#leftBetween(heard[index - 1], { offset, id }))
      if (offset <= before) this.#complain(`got ${offset} after ${before}`)
      const missed = this.#visibleWith({ offset, id }).find((other) => other > before && other < offset)
      if (missed !== undefined && !(isTold && index <= replayed)) this.#complain(`got ${offset} without ${missed}`)
      before = offset
    }
  }

  /** The last offset that failovers have left between two events, of which they have lost the first; `Infinity` if there are none. */
  #leftBetween(...events: [Heard | undefined, Pick<LoggedEvent, 'offset' | 'id'>]): number {
    const { failovers } = this.#world.history
    const [from, to] = events.map((event) => {
      const index = failovers.findIndex(
        ({ logged, upTo }) => event && event.offset > upTo && logged.get(event.offset)?.id === event.id
      )
      return index === -1 ? failovers.length : index
    })
    return Math.min(Infinity, ...failovers.slice(from, to).map(({ upTo }) => upTo))
  }

  /** Offsets of the events that it may see, in the log that has or had an event. */
  #visibleWith(event: Pick<LoggedEvent, 'offset' | 'id'>): readonly number[] {
    const { history } = this.#world
    if (!history.isLost(event)) return this.#visible
    const lost = history.failovers.find(({ logged }) => logged.get(event.offset)?.id === event.id)
    return this.#visibleIn(lost?.logged ?? new Map())
  }

  #visibleIn(logged: ReadonlyMap<number, LoggedEvent>): number[] {
    return [...logged.values()]
      .filter((event) => isVisible(this.#world.scenario, this.#client.plan, event))
      .map(({ offset }) => offset)
      .sort((a, b) => a - b)
  }

  #complain(what: string, isFine = false): void {
    if (!isFine) this.#wrong.push(`${this.#client.name} ${what}`)
  }
}

/** True if a client has yet to be told that events are missing. */
function isOwed(log: string | undefined): boolean {
  return log !== undefined && !readClientLog(log).complete
}

/** Refusals of a client whose token is about to be replaced. */
const REFUSALS = new Set(['IEV_WS_UNAUTHORIZED'])

/** Clients that do not have yet what they may see. */
export function waitingClients({ clients, scenario, history }: World): SocketClient[] {
  return clients.filter((client) => {
    if (!mayEnter(scenario, client.plan)) return false
    const { session } = client
    if (!carriesEvents(scenario, client.plan)) return !session?.admitted
    if (!session?.admitted || (session.from !== undefined && !session.resumed)) return true
    const last = [...history.logged.values()].findLast((event) => isVisible(scenario, client.plan, event))
    // One that came last of all has nothing to wait for.
    return last !== undefined && session.from !== undefined && client.offset < last.offset
  })
}
