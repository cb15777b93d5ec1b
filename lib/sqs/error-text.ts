/** Bytes of an external text that are logged, stored and shown. */
const MAX_BYTES = 1_024

/** Returns an external text as it may be shown: without control characters, and cut at 1 kB. */
export function errorText(text: string): string {
  const shown = text
    .slice(0, 2 * MAX_BYTES)
    .replace(/\s*Deserialization error: to see the raw response.*$/s, '')
    // oxlint-disable-next-line no-control-regex -- they are removed
    .replace(/[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]+/g, ' ')
    .toWellFormed()
    .trim()
  const bytes = Buffer.from(shown)
  if (bytes.length <= MAX_BYTES) return shown
  let end = MAX_BYTES - Buffer.byteLength('…')
  // Cut between characters: all bytes but the first of one are 10xxxxxx.
  while (((bytes[end] as number) & 0xc0) === 0x80) end--
  return `${bytes.toString('utf8', 0, end)}…`
}
