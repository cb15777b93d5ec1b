/**
 * A URL for logs and messages: values of members whose name has `apikey` in it are left out, however the name is written and
 * wherever behind the path it stands. A name that is nearly right has a key behind it, too.
 */
export function urlWithoutKeys(url: string): string {
  // Routers take `#` for the start of a query as well.
  const start = url.search(/[?#]/) + 1
  if (start === 0) return url
  return url.slice(0, start) + url.slice(start).split('&').map(withoutKey).join('&')
}

function withoutKey(member: string): string {
  // Texts, and between them what ends each.
  const parts = member.split(/([?#;=])/)
  let end = 0
  for (let n = 0; n + 1 < parts.length; n += 2) {
    const [name, separator] = parts.slice(n, n + 2) as [string, string]
    end += name.length + separator.length
    if (separator === '=' && /apikey/i.test(decoded(name))) return `${member.slice(0, end)}[redacted]`
  }
  return member
}

/** Never throws, whatever stands behind a `%`. */
function decoded(name: string): string {
  return name.replace(/%([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
}
