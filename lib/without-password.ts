/** A text without the credentials of URLs in it, wherever they stand. A password may have an `@` of its own. */
export function withoutPassword(text: string): string {
  return text.replace(/:\/\/[^/]*@/g, '://***@').replace(/([?&](?:ssl)?password=)[^&\s"]*/gi, '$1***')
}
