import { Random } from './random.ts'

/** Options of every node. */
export interface Settings {
  readonly queueType: 'fifo' | 'standard'
  readonly global: false | { readonly events: string[]; readonly singleQueue: boolean }
  readonly concurrency: number
  readonly maxAttempts: number
  readonly maxPayloadBytes: number
  readonly globalEvents: boolean
  readonly maxBufferedBytes: number
  readonly maxBufferedBytesTotal: number
  readonly stalledAfterMs: number
}

/** An instance and what it has selected, as event keys. */
export interface Tenant {
  readonly name: string
  readonly token: string
  readonly sqs: string[]
  readonly websocket: string[]
}

/** A hub that posts numbered events of one instance, one call after the other. */
export interface ProducerPlan {
  readonly instance: string
  readonly calls: number
  /** Events of one call, at most. */
  readonly batch: number
  /** Milliseconds between calls, at most. */
  readonly paceMs: number
  readonly ownIds: boolean
  /** The share of events that SQS refuses for their content, until the end. */
  readonly poison: number
  /** The share of events that are larger than a queue takes. */
  readonly oversized: number
}

/** A client of Socket.IO. */
export interface ClientPlan {
  /** `/`, or that of an instance. */
  readonly namespace: string
  /** Whose key it has: the global one, or the token of this instance. */
  readonly key: 'global' | (string & {})
  /** Names of the events that it asks for; `undefined`: all. */
  readonly events: string[] | undefined
  /** With what it comes first. */
  readonly offset: number | 'latest' | undefined
  readonly log: string | undefined
  /** Milliseconds until it comes, at most. */
  readonly delayMs: number
  readonly systemBytes: number
}

export type Misfortune =
  | 'crash'
  | 'crash in a commit'
  | 'restart'
  | 'weather'
  | 'full disk'
  | 'bad reads'
  | 'slow reads'
  | 'queue deleted'
  | 'redrive'
  | 'prune'
  | 'pause'
  | 'clients are cut off'
  | 'clients stop to read'
  | 'clients resume slowly'
  | 'new token'
  | ClusterMisfortune

type ClusterMisfortune =
  | 'trouble at a look-up'
  | 'take-overs fail'
  | 'partitions move'
  | 'slow writes'
  | 'session ends'
  | 'cut off from the database'
  | 'database restarts'
  | 'failover'

export interface Scenario {
  readonly seed: number
  /** One has a file, several have a PostgreSQL. */
  readonly nodes: number
  readonly settings: Settings
  readonly tenants: readonly Tenant[]
  readonly producers: readonly ProducerPlan[]
  readonly clients: readonly ClientPlan[]
  readonly misfortunes: readonly { readonly at: number; readonly kind: Misfortune }[]
  /** Of calls to SQS. */
  readonly roughness: number
  readonly latencyMs: number
  readonly durationMs: number
}

export const EVENTS = { CALL: 'call', MESSAGES_UPSERT: 'messages.upsert', PRESENCE_UPDATE: 'presence.update' } as const
const KEYS = Object.keys(EVENTS)

const MISFORTUNES: readonly Misfortune[] = [
  'crash',
  'crash',
  'crash in a commit',
  'crash in a commit',
  'restart',
  'weather',
  'weather',
  'weather',
  'full disk',
  'bad reads',
  'slow reads',
  'queue deleted',
  'redrive',
  'prune',
  'pause',
  'clients are cut off',
  'clients are cut off',
  'clients stop to read',
  'clients stop to read',
  'clients resume slowly',
  'clients resume slowly',
  'new token'
]

/** Those of several nodes, as likely as the others together. */
const CLUSTER_MISFORTUNES: readonly Misfortune[] = [
  'trouble at a look-up',
  'trouble at a look-up',
  'take-overs fail',
  'partitions move',
  'partitions move',
  'slow writes',
  'slow writes',
  'session ends',
  'session ends',
  'cut off from the database',
  'database restarts',
  'failover',
  'pause',
  'crash',
  'restart',
  'bad reads'
]

/** Bytes of a message that no queue takes, by the settings below. */
export const OVERSIZED = 12_000

/** Makes a scenario of a seed. */
export function scenarioOf(seed: number): Scenario {
  const random = new Random(seed)
  const some = () => KEYS.filter(() => random.chance(0.6))
  const nodes = random.pick([1, 1, 1, 2, 3])
  const durationMs = random.pick([2_000, 10_000, 30_000, 120_000, nodes > 1 ? 120_000 : 600_000])
  const misfortune = () => random.pick(nodes > 1 && random.chance(0.5) ? CLUSTER_MISFORTUNES : MISFORTUNES)
  const tenants = Array.from({ length: random.between(1, 4) }, (_, index) => ({
    name: `tenant-${index}`,
    token: `token-of-${index}`,
    sqs: some(),
    websocket: some()
  }))
  // Few events in most runs; in some more than a lane or a page of a replay holds.
  const calls = random.pick([5, 10, 20, 40, 80])
  return {
    seed,
    nodes,
    durationMs,
    tenants,
    roughness: random.pick([0, 0.05, 0.2, 0.4]),
    latencyMs: random.pick([2, 20, 200]),
    settings: {
      queueType: random.chance(0.85) ? 'fifo' : 'standard',
      global: random.chance(0.6) && { events: random.chance(0.5) ? KEYS : some(), singleQueue: random.chance(0.5) },
      concurrency: random.between(1, 6),
      maxAttempts: random.between(1, 4),
      maxPayloadBytes: 10_000,
      globalEvents: random.chance(0.6),
      maxBufferedBytes: random.pick([2_000, 20_000, 200_000]),
      maxBufferedBytesTotal: random.pick([20_000, 500_000, 100_000_000]),
      stalledAfterMs: random.pick([1_000, 10_000])
    },
    producers: Array.from({ length: random.between(1, 4) }, () => ({
      instance: random.pick(tenants).name,
      calls: random.between(1, calls),
      batch: random.pick([1, 1, 2, 10]),
      paceMs: random.pick([0, 5, Math.ceil((2 * durationMs) / calls)]),
      ownIds: random.chance(0.8),
      poison: random.pick([0, 0, 0.02, 0.1]),
      oversized: random.pick([0, 0, 0.02])
    })),
    clients: Array.from({ length: random.between(0, random.pick([4, 6, 10])) }, () =>
      clientOf(random, { tenants, durationMs })
    ),
    misfortunes: Array.from({ length: random.between(0, 12) }, () => ({
      at: random.between(0, durationMs),
      kind: misfortune()
    })).sort((a, b) => a.at - b.at)
  }
}

function clientOf(random: Random, { tenants, durationMs }: Pick<Scenario, 'tenants' | 'durationMs'>): ClientPlan {
  const { name } = random.pick(tenants)
  const offset = random.pick([undefined, 'latest', 0, 0, 0, 5, 100_000] as const)
  return {
    namespace: random.chance(0.3) ? '/' : `/${name}`,
    // Now and then that of another tenant.
    key: random.chance(0.3) ? 'global' : random.chance(0.8) ? name : random.pick(tenants).name,
    events: random.chance(0.3) ? [random.pick(Object.values(EVENTS))] : undefined,
    offset,
    log: typeof offset === 'number' && random.chance(0.1) ? 'of-another-log' : undefined,
    delayMs: random.pick([0, durationMs]),
    systemBytes: random.pick([2_000, 20_000, 1_000_000])
  }
}

/** Whether a client has the right to be where it goes. */
export function mayEnter({ tenants }: Scenario, { namespace, key }: ClientPlan): boolean {
  if (namespace === '/') return true
  const tenant = tenants.find(({ name }) => `/${name}` === namespace)
  return (key === 'global' || key === tenant?.name) && (tenant?.websocket.length ?? 0) > 0
}

/** Whether there are events where a client goes: `/` has none in traditional mode. */
export function carriesEvents(
  { settings }: Pick<Scenario, 'settings'>,
  { namespace }: Pick<ClientPlan, 'namespace'>
): boolean {
  return namespace !== '/' || settings.globalEvents
}

/** Whether a client that may enter is to get an event. */
export function isVisible(
  { settings, tenants }: Scenario,
  { namespace, key, events }: ClientPlan,
  { instance, event }: { instance: string; event: string }
): boolean {
  if (!carriesEvents({ settings }, { namespace })) return false
  if (events && !events.includes(event)) return false
  if (namespace === '/') return key === 'global' || key === instance
  const selected = tenants.find(({ name }) => name === instance)?.websocket ?? []
  return namespace === `/${instance}` && selected.includes(keyOf(event))
}

function keyOf(event: string): string {
  return event.toUpperCase().replaceAll('.', '_')
}

/** The queues into which an event is to go. */
export function queuesOf(
  { settings, tenants }: Scenario,
  { instance, event }: { instance: string; event: string }
): string[] {
  const suffix = settings.queueType === 'fifo' ? '.fifo' : ''
  const key = keyOf(event)
  const { global } = settings
  const tenant = tenants.find(({ name }) => name === instance)
  const queues: string[] = []
  if (global && global.events.includes(key))
    queues.push(`global_${global.singleQueue ? 'singlequeue' : key.toLowerCase()}${suffix}`)
  if (tenant?.sqs.includes(key)) queues.push(`${instance}_${key.toLowerCase()}${suffix}`)
  return queues
}
