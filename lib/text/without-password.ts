/**
 * A setting without the credentials in it. A password may have any character of its own, so all goes that stands before
 * the last `@`, but for the scheme. A file's path has none.
 */
export function withoutPassword(text: string): string {
  const masked = /^"?file:/.test(text) ? text : text.replace(/^("?(?:[a-z][a-z0-9+.-]*:\/\/)?).*@/is, '$1***@')
  return masked.replace(/([?&](?:ssl)?password=)[^&\s"]*/gi, '$1***')
}
