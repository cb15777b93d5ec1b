import type { CapacityInputs } from './inputs.ts'

export interface NodeLoss {
  nodes: number
  socketsPerNode: number
  /** Events that a socket has missed when it is back. */
  missed: number
  /** `killed`: clients see the end of their connections at once. `cut off`: they hear nothing, and wait for the next ping. */
  loss: 'killed' | 'cut off'
  /** Socket.IO's client: milliseconds of the first delay, and at most; each delay is twice the one before. */
  reconnectionDelayMs: number
  reconnectionDelayMaxMs: number
  /** Each delay is longer or shorter by up to this share of it. */
  randomizationFactor: number
  /** Milliseconds after which an attempt is given up. */
  timeoutMs: number
  /** Share of its processor that a node has for sockets that come back. */
  spare: number
  /** Cores of PostgreSQL that replays may have. */
  postgresCores: number
}

/** Defaults of Socket.IO's client. https://socket.io/docs/v4/client-options/ */
export const CLIENT = {
  reconnectionDelayMs: 1_000,
  reconnectionDelayMaxMs: 5_000,
  randomizationFactor: 0.5,
  timeoutMs: 20_000
}

export interface Recovery {
  /** Seconds until half of the sockets, and all, have received what they missed. */
  halfSeconds: number
  allSeconds: number
  /** Attempts that were given up, for each socket. */
  failures: number
  /** The part that takes the longest by itself. */
  bound: 'detection and delay of clients' | 'processors of nodes' | 'PostgreSQL'
}

const PING_MS = 25_000
const PING_TIMEOUT_MS = 20_000

/**
 * What happens when a node is lost: a load balancer spreads its sockets over the others. A node serves them one after the
 * other; an attempt that it could not serve in time costs it nothing. PostgreSQL serves the reads of all nodes. Deterministic.
 */
export function nodeLoss({ node, postgres }: CapacityInputs, options: NodeLoss): Recovery {
  const { nodes, socketsPerNode, missed, timeoutMs, spare, postgresCores } = options
  const random = randomNumbers()
  const handshakeMs = node.handshakeUs / 1e3 / spare
  const replayMs = Math.max(0, node.resumeUs - node.handshakeUs + missed * node.replayedUs) / 1e3 / spare
  const databaseMs = (postgres.resumeUs + missed * postgres.replayedUs) / 1e3 / postgresCores
  /** Times at which each node, and PostgreSQL, are done with their work so far. */
  const freeAt = new Float64Array(nodes - 1)
  let databaseFreeAt = 0
  let failures = 0
  const back: number[] = []
  const attempts = new Attempts()
  for (let socket = 0; socket < socketsPerNode; socket++)
    attempts.add(detectionMs(options.loss, random()) + delayMs(options, 0, random()), 1)
  const lastFirstMs = attempts.lastMs
  for (const { atMs, tries } of attempts) {
    const place = Math.floor(random() * freeAt.length)
    const admittedAt = Math.max(atMs, freeAt[place] as number) + handshakeMs
    if (admittedAt - atMs > timeoutMs) {
      failures++
      attempts.add(atMs + timeoutMs + delayMs(options, tries, random()), tries + 1)
      continue
    }
    const replayedAt = admittedAt + replayMs
    freeAt[place] = replayedAt
    databaseFreeAt = Math.max(databaseFreeAt, admittedAt) + databaseMs
    back.push(Math.max(replayedAt, databaseFreeAt))
  }
  back.sort((a, b) => a - b)
  const alone: [Recovery['bound'], number][] = [
    ['detection and delay of clients', lastFirstMs],
    ['processors of nodes', (socketsPerNode / (nodes - 1)) * (handshakeMs + replayMs)],
    ['PostgreSQL', socketsPerNode * databaseMs]
  ]
  return {
    halfSeconds: (back[Math.floor(back.length / 2)] as number) / 1e3,
    allSeconds: (back.at(-1) as number) / 1e3,
    failures: failures / socketsPerNode,
    bound: alone.reduce((most, one) => (one[1] > most[1] ? one : most))[0]
  }
}

function detectionMs(loss: NodeLoss['loss'], random: number): number {
  return loss === 'killed' ? 0 : PING_TIMEOUT_MS + random * PING_MS
}

/** Delays of Socket.IO's client before its attempts. */
function delayMs(
  { reconnectionDelayMs, reconnectionDelayMaxMs, randomizationFactor }: NodeLoss,
  tried: number,
  random: number
): number {
  const delay = reconnectionDelayMs * 2 ** tried * (1 + (2 * random - 1) * randomizationFactor)
  return Math.min(delay, reconnectionDelayMaxMs)
}

/** Numbers from 0 to 1, the same each time: a linear congruential generator. */
function randomNumbers(): () => number {
  let state = 1
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
}

interface Attempt {
  atMs: number
  /** How many there were, this one included. */
  tries: number
}

/** Attempts in the order of their milliseconds; later ones may be added meanwhile. */
class Attempts {
  readonly #byMs: Attempt[][] = []

  get lastMs(): number {
    return this.#byMs.length - 1
  }

  add(atMs: number, tries: number): void {
    const place = Math.floor(atMs)
    const same = (this.#byMs[place] ??= [])
    same.push({ atMs, tries })
  }

  *[Symbol.iterator](): Generator<Attempt> {
    for (let place = 0; place < this.#byMs.length; place++) yield* this.#byMs[place] ?? []
  }
}
