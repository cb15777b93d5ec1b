import { currentKey, signOutIfRefused } from '../state/session.ts'
import type { Page } from '../state/use-pages.ts'
import { listOf, objectWith } from './answers.ts'
import { call, type Call } from './call.ts'
import type {
  Created,
  DeadLetters,
  Emitted,
  Instance,
  LogPage,
  Message,
  Overview,
  Queues,
  Selection,
  Transport
} from './types.ts'

/** Sends a request with the key of the session. A key that the server refuses ends the session. */
async function request<T>(options: Omit<Call<T>, 'key'>): Promise<T> {
  const key = currentKey()
  try {
    return await call({ ...options, key })
  } catch (error) {
    signOutIfRefused(error, key)
    throw error
  }
}

const name = encodeURIComponent

const OVERVIEW = objectWith<Overview>({
  node: 'string',
  uptimeSeconds: 'number',
  totals: 'object',
  pending: 'number',
  sockets: 'number',
  faults: 'list',
  rejected: 'list'
})
const INSTANCES = listOf(objectWith<Instance>({ id: 'string', name: 'string', createdAt: 'string' }))
const CREATED = objectWith<Created>({ instance: 'object', hash: 'string' })
const LOG_PAGE = objectWith<LogPage>({ events: 'list' })

export function getOverview(signal: AbortSignal): Promise<Overview> {
  return request({ path: 'overview', signal, check: OVERVIEW })
}

export interface InstanceQuery {
  /** Part of a name, regardless of case and accents. */
  search: string
  /** The last name of the page before. */
  after?: string | undefined
  limit: number
}

/** Finds instances, sorted by name. */
export async function findInstances({ limit, ...query }: InstanceQuery, signal: AbortSignal): Promise<Page<Instance>> {
  const found = await request({
    path: 'instance/fetchInstances',
    // One more entry shows whether there is a next page.
    query: { ...query, limit: limit + 1 },
    signal,
    check: INSTANCES
  })
  return { items: found.slice(0, limit), more: found.length > limit }
}

export async function getInstance(instance: string, signal?: AbortSignal): Promise<Instance | undefined> {
  const [found] = await request({
    path: 'instance/fetchInstances',
    query: { instanceName: instance },
    signal,
    check: INSTANCES
  })
  return found
}

export function createInstance(instanceName: string, token: string): Promise<Created> {
  return request({
    method: 'POST',
    path: 'instance/create',
    body: { instanceName, ...(token !== '' && { token }) },
    check: CREATED
  })
}

export function renewToken(instance: string): Promise<Created> {
  return request({ method: 'PUT', path: `instance/token/${name(instance)}`, body: {}, check: CREATED })
}

/** Sets the minutes without an event after which an instance is silent; 0: never, null: as the server is set. */
export function setSilence(instance: string, afterMinutes: number | null): Promise<unknown> {
  return request({ method: 'PUT', path: `instance/silence/${name(instance)}`, body: { afterMinutes } })
}

export function deleteInstance(instance: string): Promise<unknown> {
  return request({ method: 'DELETE', path: `instance/delete/${name(instance)}` })
}

/** Sets a selection. Without `events`, the stored list remains, or all events are selected. */
export function setSelection(
  transport: Transport,
  instance: string,
  selection: { enabled: boolean; events?: string[] }
): Promise<Selection> {
  return request({ method: 'POST', path: `${transport}/set/${name(instance)}`, body: selection })
}

export function getQueues(instance: string, signal: AbortSignal): Promise<Queues> {
  return request({ path: `sqs/queues/${name(instance)}`, signal, check: objectWith<Queues>({ queues: 'list' }) })
}

export interface LogQuery {
  /** Without it, all instances. */
  instance?: string | undefined
  before: number | 'latest'
  limit: number
  events: readonly string[]
}

/** Reads the log, newest first. */
export function readLog({ instance, before, limit, events }: LogQuery, signal: AbortSignal): Promise<LogPage> {
  return request({
    path: instance === undefined ? 'events' : `events/${name(instance)}`,
    query: { before, limit, ...(events.length > 0 && { events: events.join(',') }) },
    signal,
    check: LOG_PAGE
  })
}

/** The event at this offset; `undefined` if it is no longer in the log. */
export async function readEvent(instance: string, offset: number, signal: AbortSignal): Promise<Message | undefined> {
  const { events } = await request({
    path: `events/${name(instance)}`,
    query: { after: offset - 1, limit: 1 },
    signal,
    check: LOG_PAGE
  })
  return events.find((event) => event.offset === offset)
}

export function sendEvent(instance: string, event: { event: string; data: unknown }): Promise<Emitted> {
  return request({
    method: 'POST',
    path: `events/${name(instance)}`,
    body: event,
    check: objectWith<Emitted>({ id: 'string', offset: 'number' })
  })
}

export interface DeadLetterQuery {
  instance?: string | undefined
  reason?: string | undefined
  after: number
  limit: number
}

export function listDeadLetters(query: DeadLetterQuery, signal?: AbortSignal): Promise<DeadLetters> {
  return request({
    path: 'sqs/deadletters',
    query: { ...query },
    signal,
    check: objectWith<DeadLetters>({ deadLetters: 'list' })
  })
}

export async function redriveDeadLetters(ids: number[]): Promise<void> {
  await request({ method: 'POST', path: 'sqs/deadletters/redrive', body: { ids } })
}

export async function discardDeadLetters(ids: number[]): Promise<void> {
  await request({ method: 'DELETE', path: 'sqs/deadletters', query: { ids: ids.join(',') } })
}
