export const PAGES = ['overview', 'instances', 'live', 'history', 'send', 'dead-letters'] as const
export type Page = (typeof PAGES)[number]

/** The page, the instance and the event in the URL's fragment, so that the server has one page to serve. */
export interface Route {
  page: Page | undefined
  instance: string | undefined
  /** Offset or id of an event of the instance. */
  event: string | undefined
}

export function parseRoute(hash: string): Route {
  const [first, instance, event] = hash.replace(/^#\/?/, '').split('/')
  return { page: PAGES.find((page) => page === first), instance: decode(instance), event: decode(event) }
}

export function href(page: Page, instance?: string, event?: string): string {
  const parts = [instance, event].filter((part) => part !== undefined)
  return ['#', page, ...parts.map(encodeURIComponent)].join('/')
}

function decode(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
