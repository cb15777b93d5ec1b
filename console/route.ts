export const PAGES = ['overview', 'instances', 'live', 'history', 'send', 'dead-letters'] as const
export type Page = (typeof PAGES)[number]

/** The page and the instance in the URL's fragment, so that the server has one page to serve. */
export interface Route {
  page: Page | undefined
  instance: string | undefined
}

export function parseRoute(hash: string): Route {
  const [first = '', second = ''] = hash.replace(/^#\/?/, '').split('/')
  return { page: PAGES.find((page) => page === first), instance: second === '' ? undefined : decode(second) }
}

export function href(page: Page, instance?: string): string {
  return `#/${page}${instance === undefined ? '' : `/${encodeURIComponent(instance)}`}`
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
