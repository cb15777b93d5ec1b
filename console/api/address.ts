/** Where the routes are: the page is `<prefix>/console/`, whatever proxies put before it. */
export function apiBase(page: string): string {
  return new URL('..', page).href
}

/** What socket.io-client is given; `instance` left out is the root namespace, with the events of all. */
export function socketUrl(page: string, instance?: string): string {
  return `${new URL(page).origin}/${instance === undefined ? '' : encodeURIComponent(instance)}`
}
