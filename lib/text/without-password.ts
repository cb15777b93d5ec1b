/**
 * Removes credentials from a setting. A password can contain any character, so all text before the last `@` is replaced, except
 * the scheme. The path of a file contains none.
 */
export function withoutPassword(text: string): string {
  const masked = /^"?file:/.test(text) ? text : text.replace(/^("?(?:[a-z][a-z0-9+.-]*:\/\/)?).*@/is, '$1***@')
  return masked.replace(/([?&](?:ssl)?password=)[^&\s"]*/gi, '$1***')
}
