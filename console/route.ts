import type { DeadLetterFilter } from './api/requests.ts'

export const PAGES = ['overview', 'instances', 'live', 'history', 'send', 'dead-letters'] as const
export type Page = (typeof PAGES)[number]

/** The page, the instance and the event in the URL's fragment, so that the server has one page to serve. */
export interface Route {
  page: Page | undefined
  instance: string | undefined
  /** Offset or id of an event of the instance. */
  event: string | undefined
  /** Queue and reason of dead letters. */
  queue: string | undefined
  reason: string | undefined
}

export function parseRoute(hash: string): Route {
  const [path = '', query] = hash.replace(/^#\/?/, '').split('?')
  const [first, instance, event] = path.split('/')
  const parameters = new URLSearchParams(query)
  return {
    page: PAGES.find((page) => page === first),
    instance: decode(instance),
    event: decode(event),
    queue: parameters.get('queue') || undefined,
    reason: parameters.get('reason') || undefined
  }
}

export function href(page: Page, instance?: string, event?: string): string {
  const parts = [instance, event].filter((part) => part !== undefined)
  return ['#', page, ...parts.map(encodeURIComponent)].join('/')
}

/** The page of the dead letters of a filter. */
export function deadLettersHref({ instance, queue, reason }: DeadLetterFilter): string {
  const query = new URLSearchParams({ ...(queue && { queue }), ...(reason && { reason }) }).toString()
  return `${href('dead-letters', instance)}${query && '?'}${query}`
}

function decode(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
