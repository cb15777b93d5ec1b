/** Quotes a URL for a shell. */
export function asArgument(url: string): string {
  return `'${url.replaceAll("'", '%27')}'`
}

/** Quotes a text for a shell. */
export function asShellString(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** A literal of JavaScript and Python. Escapes quotes, which names may contain and URLs do not encode. */
export const asString: (text: string) => string = JSON.stringify

/** A literal of PHP, in which nothing but quotes and backslashes has a meaning. */
export function asPhpString(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`
}
