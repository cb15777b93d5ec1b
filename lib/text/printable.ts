// oxlint-disable-next-line no-control-regex -- matches control characters on purpose
const UNPRINTABLE = /[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/** Escapes the characters of a text that would move the cursor of a terminal, reverse text or be invisible. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escaped)
}

/** Escapes the same characters, except line breaks. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
