// https://www.postgresql.org/docs/current/protocol-overview.html#PROTOCOL-FORMAT-CODES and array_recv in its sources
const TEXT_OID = 25
const HEADER_BYTES = 20

/**
 * A `text[]` in PostgreSQL's binary form, which the driver sends unchanged. Large texts are neither escaped nor parsed, so
 * it takes a tenth of the time.
 * @throws {TypeError} an element is not a string
 */
export function textArray(texts: readonly string[]): Buffer {
  if (texts.length === 0) return Buffer.from('000000000000000000000019', 'hex')
  const sizes = texts.map((text) => Buffer.byteLength(text))
  const buffer = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + 4 + size, HEADER_BYTES))
  const header = [1, 0, TEXT_OID, texts.length, 1]
  for (const [index, number] of header.entries()) buffer.writeInt32BE(number, index * 4)
  let at = HEADER_BYTES
  for (const [index, text] of texts.entries()) {
    at = buffer.writeInt32BE(sizes[index] as number, at)
    at += buffer.write(text, at)
  }
  return buffer
}

/** An array of numbers as a PostgreSQL literal. */
export function numberArray(numbers: readonly number[]): string {
  return `{${numbers.join()}}`
}
