import type { Config } from './config.ts'
import { EventCatalogue } from '../events/catalogue.ts'
import type { HubName } from '../hubs/hub.ts'
import type { SqsGlobalOptions } from '../schemas/options/sqs.ts'
import { sqsService } from '../sqs/address.ts'
import { SqsCalls } from '../sqs/calls.ts'
import { createSqsClient } from '../sqs/client.ts'
import { ExistingQueues } from '../sqs/existing-queues.ts'
import { failureMessage } from '../sqs/failures.ts'
import { Limiter } from '../sqs/limiter.ts'
import { deadLetterQueue } from '../sqs/known-queues.ts'
import { describeOthers, NewQueues, type QueueKind } from '../sqs/new-queues.ts'
import { deadLetterQueueName, QueueNames } from '../sqs/queue-names.ts'
import { sqsStatus } from '../sqs/status.ts'
import { readKnownQueues } from '../store/read-known-queues.ts'
import { tryDatabase } from '../store/try-database.ts'
import { sqsGlobalOptions, sqsTarget, wantsEmbeddedSqs } from './app-options.ts'
import { queueAttributes } from './queue-settings.ts'
import { fillSdkEnvironment } from './sdk-environment.ts'

export interface Connection {
  to: 'database' | 'sqs'
  ok: boolean
  message: string
  /** What works, but is other than the settings say, or endangers the log. */
  warnings?: string[]
}

const TIMEOUT_MS = 3_000
/** Queues that are looked at at once. */
const AT_ONCE = 8
/** Queues of the database that are looked at. */
const MAX_KNOWN = 500

/** Connects to the database and to SQS of the settings, and changes nothing there. */
export async function tryConnections(
  config: Config,
  { env, folder }: { env: Record<string, string | undefined>; folder: string }
): Promise<Connection[]> {
  const database = await tryDatabase(config.DATABASE_URL, folder)
  const sqs = config.SQS_ENABLED ? await trySqs(config, { env, folder }) : { ok: true, message: 'switched off' }
  return [
    { to: 'database', ...database },
    { to: 'sqs', ...sqs }
  ]
}

async function trySqs(
  config: Config,
  { env, folder }: { env: Record<string, string | undefined>; folder: string }
): Promise<Omit<Connection, 'to'>> {
  if (wantsEmbeddedSqs(config, env)) return { ok: true, message: 'will be emulated in the process' }
  fillSdkEnvironment(env, process.env)
  const timeouts = { connectTimeoutMs: TIMEOUT_MS, requestTimeoutMs: TIMEOUT_MS }
  const client = createSqsClient({ ...sqsTarget(config), ...timeouts, concurrency: AT_ONCE })
  try {
    const calls = new SqsCalls({ client, deadlineMs: TIMEOUT_MS })
    const status = await sqsStatus(calls)
    if (!status.ok) return { ok: false, message: `${status.code}: ${status.message}` }
    // A client that has called SQS has a region and an address.
    const service = (await sqsService(client, config.SQS_ACCOUNT_ID)) as string
    return { ok: true, message: 'answers', warnings: await differingQueues(config, { calls, service, folder }) }
  } finally {
    client.destroy()
  }
}

/** A queue to look at. `url` is absent if it must be looked up. */
interface Sought {
  name: string
  kind: QueueKind
  url?: string
}

/** A line for each queue that exists with other attributes than it would be created with. */
async function differingQueues(
  config: Config,
  { calls, service, folder }: { calls: SqsCalls; service: string; folder: string }
): Promise<string[]> {
  const { SQS_QUEUE_TYPE: type, SQS_ACCOUNT_ID: accountId, SQS_DLQ_MAX_RECEIVES: dlqMaxReceives } = config
  const wanted = new NewQueues({ type, given: queueAttributes(config), dlqMaxReceives })
  const existing = new ExistingQueues({ calls, accountId })
  const limiter = new Limiter(AT_ONCE)
  const shared = sharedQueues(config)
  const { queues: own, lines } = await knownQueues(config, { service, folder, except: shared })
  const all = [...shared, ...own].flatMap((queue) => [
    queue,
    ...(dlqMaxReceives === undefined ? [] : [deadLettersOf(queue)])
  ])
  const differing = all.map(({ name, kind, url: known }) =>
    limiter.run(async () => {
      try {
        const url = known ?? (await existing.find(name))
        const attributes = url && (await existing.attributes(url, wanted.compared(kind)))
        const others = attributes ? wanted.compare(kind, attributes) : []
        return others.length > 0 ? `${name} exists, and is used as it is: ${describeOthers(others)}` : []
      } catch (error) {
        return `${name} could not be read: ${failureMessage(error)}`
      }
    })
  )
  return [...(await Promise.all(differing)).flat(), ...lines]
}

function sharedQueues(config: Config): Sought[] {
  const global = sqsGlobalOptions(config)
  if (!global) return []
  const keys = sharedKeys(config, global)
  const names = new QueueNames({ ...global, type: config.SQS_QUEUE_TYPE, keys })
  return names.sharedSpecs(keys).map(({ name }) => ({ name, kind: 'shared' }))
}

/** The queues that the database knows, and what else there is to say of them. */
async function knownQueues(
  { DATABASE_URL }: Config,
  { service, folder, except }: { service: string; folder: string; except: readonly Sought[] }
): Promise<{ queues: Sought[]; lines: string[] }> {
  // What is wrong with a database is said where it is tried.
  const found = await readKnownQueues(DATABASE_URL, { folder, service, limit: MAX_KNOWN + 1 }).catch(() => [])
  const shared = new Set(except.map(({ name }) => name))
  const own = found.slice(0, MAX_KNOWN).filter(({ name }) => !shared.has(name))
  const more = `only the first ${MAX_KNOWN} queues that the database knows were compared: the server compares all of them after it starts`
  return { queues: own.map((queue) => ({ ...queue, kind: 'own' })), lines: found.length > MAX_KNOWN ? [more] : [] }
}

function deadLettersOf({ name, url }: Sought): Sought {
  if (url === undefined) return { name: deadLetterQueueName(name), kind: 'deadLetter' }
  return { ...deadLetterQueue(url, name), kind: 'deadLetter' }
}

/** The keys of the events of the shared queues; none if the settings have a fault, which is reported by itself. */
function sharedKeys({ HUBS, EXTRA_EVENTS: names }: Config, { events }: Required<SqsGlobalOptions>): readonly string[] {
  try {
    const catalogue = new EventCatalogue({ hubs: HUBS as HubName[], names })
    return events === '*' ? catalogue.all : catalogue.resolve(events, 'list').keys
  } catch {
    return []
  }
}
