/** Part of a name whose value is a key, or may be one: clients also write `api_key`, `x-api-key` or `token`. */
const NAME_OF_KEY = /api.?key|token/i

/**
 * Removes keys from a URL, for logs and messages: the values of all members after the path whose name says that it is a key, in
 * any case and encoding. The value of a misspelt name can be a key, too.
 */
export function urlWithoutKeys(url: string): string {
  // Routers read `#` as the start of a query, too.
  const start = url.search(/[?#]/) + 1
  if (start === 0) return url
  return url.slice(0, start) + url.slice(start).split('&').map(withoutKey).join('&')
}

function withoutKey(member: string): string {
  // Names and values, each followed by the separator that ends it.
  const parts = member.split(/([?#;=])/)
  let end = 0
  for (let n = 0; n + 1 < parts.length; n += 2) {
    const [name, separator] = parts.slice(n, n + 2) as [string, string]
    end += name.length + separator.length
    if (separator === '=' && NAME_OF_KEY.test(decoded(decoded(name)))) return `${member.slice(0, end)}[redacted]`
  }
  return member
}

/** Decodes a name once; some clients encode it twice. Never throws, unlike `decodeURIComponent`. */
function decoded(name: string): string {
  return name.replace(/%([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
}
