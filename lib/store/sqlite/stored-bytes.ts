/** A blob that this store cannot have written: the file has changed. */
export class BytesDamagedError extends Error {
  constructor() {
    super('a blob is missing or is not what was written')
  }
}

/** Returns a copy that begins where numbers of any size may. @throws {BytesDamagedError} its length is no multiple of `unit` */
export function alignedBytes(bytes: unknown, unit: number): ArrayBuffer {
  const { buffer } = Uint8Array.from((bytes ?? []) as Uint8Array)
  if (buffer.byteLength % unit !== 0) throw new BytesDamagedError()
  return buffer
}
