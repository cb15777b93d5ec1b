import { slugOf } from '../lib/sqs/slug.ts'
import type { Instance, Server } from './api/types.ts'

/** A place that events of an instance are delivered to. */
export interface Destination {
  kind: 'own' | 'shared' | 'namespace' | 'root' | 'log'
  /** Names of queues with a placeholder for the event, namespaces, or a path of the HTTP API. */
  name: string
  /** Keys of the events; `undefined`: all that the log has. */
  events: readonly string[] | undefined
  /** True if a filter selects events by what they say. */
  isFiltered: boolean
  /** True if members of the data are left out. */
  isReduced: boolean
  /** True if events that go to the instance's own queue are left out. */
  isUnlessOwn: boolean
}

/** Returns where the events of an instance go, by its stored selections and the settings of the server. */
export function destinationsOf(
  { name, sqs: toQueues, websocket: toSockets }: Instance,
  { sqs, websocket }: Pick<Server, 'sqs' | 'websocket'>
): Destination[] {
  const plain = { isFiltered: false, isReduced: false, isUnlessOwn: false }
  const selected = ({ events, filter, omit = [] }: Instance['sqs']) => ({
    ...plain,
    events,
    isFiltered: Boolean(filter),
    isReduced: omit.length > 0
  })
  const end = sqs?.queueType === 'standard' ? '' : '.fifo'
  const shared = sqs?.global
  return [
    ...(sqs && toQueues.enabled
      ? [{ kind: 'own' as const, name: `${queueNameOf(name)}_<event>${end}`, ...selected(toQueues) }]
      : []),
    ...(shared && shared.events.length > 0
      ? [
          {
            ...plain,
            kind: 'shared' as const,
            name: `${shared.prefix}_${shared.singleQueue ? 'singlequeue' : '<event>'}${end}`,
            events: shared.events,
            isUnlessOwn: shared.unlessOwn && toQueues.enabled
          }
        ]
      : []),
    ...(websocket && toSockets.enabled
      ? [{ kind: 'namespace' as const, name: `/${encodeURIComponent(name)}`, ...selected(toSockets) }]
      : []),
    ...(websocket?.globalEvents ? [{ ...plain, kind: 'root' as const, name: '/', events: undefined }] : []),
    { ...plain, kind: 'log', name: `/events/${encodeURIComponent(name)}`, events: undefined }
  ]
}

/** The name of an instance as its queues have it: of one that SQS would refuse, the hash is left out. */
function queueNameOf(name: string): string {
  const slug = slugOf(name)
  return slug === name ? name : `${slug}-…`
}

/** True if an event of the catalogue goes to a destination, unless a filter leaves it out. */
export function receives({ events, isUnlessOwn }: Destination, key: string, own: ReadonlySet<string>): boolean {
  return (events === undefined || events.includes(key)) && !(isUnlessOwn && own.has(key))
}
