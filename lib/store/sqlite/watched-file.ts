import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'

/** Bytes at the beginning of a file that identify it: counters of a database, salts of a write-ahead log. */
const HEADER_BYTES = 100

/**
 * Detects that another program deletes, shortens or overwrites a file that only SQLite in this process may write. Changes after
 * the header that keep the size are not detected.
 */
export class WatchedFile {
  readonly path: string
  readonly fd: number
  readonly #inode: number
  #size = 0
  #mtimeMs = 0
  #header: Buffer = Buffer.alloc(0)
  /** What another program has done to the file; kept once it is found. */
  #spoilt: string | undefined

  constructor(path: string) {
    this.path = path
    this.fd = openSync(path, 'r+')
    this.#inode = fstatSync(this.fd).ino
    this.written({ header: true })
  }

  /** Bytes of the file, as they were noted. */
  get size(): number {
    return this.#size
  }

  /**
   * Notes size and time of the file, and its header if this process may have written another. Call it after each write. Never
   * throws. @returns whether the header is another
   */
  written({ header: another = false } = {}): boolean {
    try {
      const { size, mtimeMs } = fstatSync(this.fd)
      this.#size = size
      this.#mtimeMs = mtimeMs
      const header = another ? this.#readHeader() : this.#header
      if (header.equals(this.#header)) return false
      this.#header = header
    } catch (error) {
      this.#spoilt = unreadable(error)
    }
    return true
  }

  /** Returns what is wrong with the file, for messages; `undefined` if nothing is. */
  fault(): string | undefined {
    if (this.#spoilt !== undefined) return this.#spoilt
    try {
      const found = statSync(this.path, { throwIfNoEntry: false })
      // Writes to a deleted file succeed, but a later start would not find them.
      if (found?.ino !== this.#inode) return 'was deleted or replaced'
      if (found.size < this.#size) this.#spoilt = 'was shortened by another program'
      // The time alone may be that of a `touch`.
      else if (found.mtimeMs !== this.#mtimeMs && !this.#readHeader().equals(this.#header))
        this.#spoilt = 'was overwritten by another program'
      return this.#spoilt
    } catch (error) {
      return unreadable(error)
    }
  }

  close(): void {
    closeSync(this.fd)
  }

  #readHeader(): Buffer {
    const bytes = Buffer.alloc(HEADER_BYTES)
    return bytes.subarray(0, readSync(this.fd, bytes, 0, HEADER_BYTES, 0))
  }
}

function unreadable(error: unknown): string {
  return `cannot be read (${(error as Error).message})`
}
