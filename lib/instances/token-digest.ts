import { createHash } from 'node:crypto'

/** SHA-256 of a token. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** Returns the bytes of a hash as a string, one character a byte. */
export function digestOf(hash: Uint8Array): string
export function digestOf(hash: Uint8Array | null | undefined): string | null
export function digestOf(hash: Uint8Array | null | undefined): string | null {
  return hash ? Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString('latin1') : null
}
