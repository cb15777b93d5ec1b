import type { SelectionRequest } from '../../lib/instances/selections.ts'
import type { ErasureBody } from '../../lib/schemas/erasure.ts'
import type { EventBody } from '../../lib/schemas/event-input.ts'
import { currentKey, signOutIfRefused } from '../state/session.ts'
import { listOf, objectWith } from './answers.ts'
import { call, type Call } from './call.ts'
import type {
  Backlog,
  Created,
  DeadLetterGroups,
  DeadLetters,
  Emitted,
  Erasure,
  EventOutcome,
  Instance,
  Limits,
  InstanceStates,
  Overview,
  OverviewHistory,
  Queues,
  QueueStates,
  Renewed,
  RedriveOutcome,
  Selection,
  Transport
} from './types.ts'

/** Sends a request with the key of the session. A key that the server refuses ends the session. */
export async function request<T>(options: Omit<Call<T>, 'key'>): Promise<T> {
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
const RENEWED = objectWith<Renewed>({ instance: 'object', hash: 'string' })

export function getOverview(signal: AbortSignal): Promise<Overview> {
  return request({ path: 'overview', signal, check: OVERVIEW })
}

export function getHistory(signal: AbortSignal): Promise<OverviewHistory> {
  const check = objectWith<OverviewHistory>({ time: 'string', samples: 'list' })
  return request({ path: 'overview/history', signal, check })
}

/** The first queues, those that need attention first. */
export function getQueueStates(limit: number, signal: AbortSignal): Promise<QueueStates> {
  const check = objectWith<QueueStates>({ queues: 'list', total: 'number' })
  return request({ path: 'overview/queues', query: { limit }, signal, check })
}

/** The ten instances that need attention first. */
export function getInstanceStates(signal: AbortSignal): Promise<InstanceStates> {
  return request({ path: 'overview/instances', signal, check: objectWith<InstanceStates>({ instances: 'list' }) })
}

export type InstanceSort = 'name' | 'createdAt' | 'lastEventAt' | 'events'
export type InstanceCondition = 'sqs' | 'websocket' | 'off' | 'silent'

/** Which instances. */
export interface InstanceFilter {
  /** Part of a name, regardless of case and accents. */
  search: string
  state?: InstanceCondition | undefined
}

export interface InstanceQuery extends InstanceFilter {
  sort: InstanceSort
  order: 'asc' | 'desc'
  /** The last instance of the page before. */
  after: Instance | undefined
  limit: number
}

/** Reads a page of instances, and the number of all that fit. */
export async function pageInstances(
  { after, ...query }: InstanceQuery,
  signal: AbortSignal
): Promise<{ instances: Instance[]; count: number }> {
  const { sort } = query
  let count = 0
  const instances = await request({
    path: 'instance/fetchInstances',
    query: {
      ...query,
      after: after?.name,
      ...(after && sort !== 'name' && { afterValue: valueOf(after, sort) }),
      count: 'true'
    },
    signal,
    check: INSTANCES,
    onHeaders: (headers) => (count = Number(headers.get('x-total-count')))
  })
  return { instances, count }
}

/** What an instance is sorted by. */
function valueOf({ createdAt, activity }: Instance, sort: Exclude<InstanceSort, 'name'>): string | number {
  if (sort === 'createdAt') return createdAt
  return sort === 'lastEventAt' ? (activity.lastEventAt ?? '') : activity.events.hour
}

/** The first names that have a text. */
export async function suggestNames(search: string, limit: number, signal: AbortSignal): Promise<string[]> {
  const found = await request({ path: 'instance/fetchInstances', query: { search, limit }, signal, check: INSTANCES })
  return found.map(({ name }) => name)
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

/** Gives an instance a new token; the old one stays valid for so many seconds. */
export function renewToken(instance: string, keepOldForSeconds: number): Promise<Renewed> {
  const path = `instance/token/${name(instance)}`
  return request({ method: 'PUT', path, body: { keepOldForSeconds }, check: RENEWED })
}

/** Sets the minutes without an event after which an instance is silent; 0: never, null: as the server is set. */
export function setSilence(instance: string, afterMinutes: number | null): Promise<unknown> {
  return request({ method: 'PUT', path: `instance/silence/${name(instance)}`, body: { afterMinutes } })
}

/** Numbers of an instance's deliveries that SQS does not have. */
export function getBacklog(instance: string, signal: AbortSignal): Promise<Backlog> {
  return request({
    path: `instance/backlog/${name(instance)}`,
    signal,
    check: objectWith<Backlog>({ pending: 'number', deadLetters: 'number' })
  })
}

/** Sets all limits of an instance; 0: unlimited, null: as the server is set. */
export function setLimits(instance: string, limits: Limits): Promise<unknown> {
  return request({ method: 'PUT', path: `instance/limits/${name(instance)}`, body: limits })
}

export function deleteInstance(instance: string): Promise<unknown> {
  return request({ method: 'DELETE', path: `instance/delete/${name(instance)}` })
}

/** Sets a selection. Members that are absent stay as they are stored; without stored events, all are selected. */
export function setSelection(transport: Transport, instance: string, selection: SelectionRequest): Promise<Selection> {
  return request({
    method: 'POST',
    path: `${transport}/set/${name(instance)}`,
    body: selection,
    check: objectWith<Selection>({ events: 'list' })
  })
}

export function getQueues(instance: string, signal: AbortSignal): Promise<Queues> {
  return request({
    path: `sqs/queues/${name(instance)}`,
    signal,
    check: objectWith<Queues>({ queues: 'list', alsoSentTo: 'list' })
  })
}

export function sendEvent(instance: string, event: EventBody): Promise<Emitted> {
  return request({
    method: 'POST',
    path: `events/${name(instance)}`,
    body: event,
    check: objectWith<Emitted>({ id: 'string', offset: 'number' })
  })
}

/** What became of an event of the log. */
export function getOutcome(instance: string, offset: number, signal: AbortSignal): Promise<EventOutcome> {
  return request({
    path: `events/${name(instance)}/outcome`,
    query: { offset },
    signal,
    check: objectWith<EventOutcome>({ id: 'string', queues: 'list', sockets: 'number' })
  })
}

/** Erases events of a part of the log, or with some ids. */
export function eraseEvents(instance: string, body: ErasureBody, signal: AbortSignal): Promise<Erasure> {
  return request({
    method: 'POST',
    path: `events/${name(instance)}/erase`,
    body,
    signal,
    check: objectWith<Erasure>({ examined: 'number', after: 'number', upTo: 'number', objectsFailed: 'list' })
  })
}

export interface DeadLetterFilter {
  instance?: string | undefined
  queue?: string | undefined
  reason?: string | undefined
}

export interface DeadLetterQuery extends DeadLetterFilter {
  after: number
  limit: number
  /** Whether the reply has the number of all that fit. */
  count?: true
}

export function listDeadLetters({ count, ...query }: DeadLetterQuery, signal: AbortSignal): Promise<DeadLetters> {
  return request({
    path: 'sqs/deadletters',
    query: { ...query, ...(count && { count: 'true' }) },
    signal,
    check: objectWith<DeadLetters>({ deadLetters: 'list', ...(count && { count: 'number' }) })
  })
}

/** Counts dead letters by reason, queue and instance. */
export function groupDeadLetters(
  query: DeadLetterFilter & { limit: number },
  signal: AbortSignal
): Promise<DeadLetterGroups> {
  return request({
    path: 'sqs/deadletters/groups',
    query: { ...query },
    signal,
    check: objectWith<DeadLetterGroups>({ count: 'number', groups: 'list', reasons: 'list', queues: 'list' })
  })
}

export async function redriveDeadLetters(ids: number[]): Promise<void> {
  await request({ method: 'POST', path: 'sqs/deadletters/redrive', body: { ids } })
}

/** What became of redriven dead letters. */
export async function readOutcomes(ids: readonly number[], signal: AbortSignal): Promise<RedriveOutcome[]> {
  const { outcomes } = await request<{ outcomes: RedriveOutcome[] }>({
    path: 'sqs/deadletters/outcomes',
    query: { ids: ids.join(',') },
    signal,
    check: objectWith<{ outcomes: RedriveOutcome[] }>({ outcomes: 'list' })
  })
  return outcomes
}

export async function discardDeadLetters(ids: number[]): Promise<void> {
  await request({ method: 'DELETE', path: 'sqs/deadletters', query: { ids: ids.join(',') } })
}
