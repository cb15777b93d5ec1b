/** Base URL of the routes. The page is at `<prefix>/console/`, where proxies may add to the prefix. */
export function apiBase(page: string): string {
  return new URL('..', page).href
}

/** URL for socket.io-client; without `instance`, the root namespace with the events of all instances. */
export function socketUrl(page: string, instance?: string): string {
  return `${new URL(page).origin}/${instance === undefined ? '' : encodeURIComponent(instance)}`
}
