/**
 * A URL for logs and messages: values of members called `apikey` are left out, however the name is written and wherever
 * behind the path it stands.
 */
export function urlWithoutKeys(url: string): string {
  // Routers take `#` for the start of a query as well.
  const start = url.search(/[?#]/) + 1
  if (start === 0) return url
  return url.slice(0, start) + url.slice(start).split('&').map(withoutKey).join('&')
}

function withoutKey(member: string): string {
  for (const { 0: matched, 1: name = '', index } of member.matchAll(/([^?#;=]*)=/g)) {
    if (decoded(name).trim().toLowerCase() === 'apikey') return `${member.slice(0, index + matched.length)}[redacted]`
  }
  return member
}

/** Never throws, whatever stands behind a `%`. */
function decoded(name: string): string {
  return name.replace(/%([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
}
