import { copyFileSync, existsSync, fstatSync, readFileSync, readSync, statSync, writeFileSync } from 'node:fs'
import type { Random } from './random.ts'

// https://www.sqlite.org/fileformat2.html#walformat
const WAL_HEADER = 32
const WAL_SALT = 16
const FRAME_HEADER = 24
const FRAME_SALT = 8
const FRAME = FRAME_HEADER + 4_096
/** What a disk writes whole or not at all. */
const SECTOR = 512

/** How much of a write-ahead log is synced. It begins anew with other salt. */
interface Synced {
  readonly salt: string
  readonly end: number
}

/** A database file and its write-ahead log, which an open store writes, and what of them is synced: only that survives a crash. */
export class SyncedFiles {
  readonly #main: string
  readonly #wal: string
  /** The database as it was synced last. */
  readonly #copy: string
  readonly #inode: number
  #synced: Synced = { salt: '', end: WAL_HEADER }

  /** @param path of the database, which was opened a moment ago: SQLite syncs what it writes then */
  constructor(path: string) {
    this.#main = path
    this.#wal = `${path}-wal`
    this.#copy = `${path}-synced`
    this.#inode = statSync(path).ino
    copyFileSync(path, this.#copy)
    if (existsSync(this.#wal)) this.#synced = writtenIn(readFileSync(this.#wal))
  }

  /** Begins to sync an open file. @returns to be called when what is written by now is synced */
  begin(fd: number): () => void {
    if (fstatSync(fd).ino === this.#inode) return () => copyFileSync(this.#main, this.#copy)
    const synced = written((buffer, position) => readSync(fd, buffer, { position }), this.#synced)
    return () => {
      this.#synced = synced
    }
  }

  /** Writes what a crash leaves of both files to another path. Of what is not synced, some sectors are lost. */
  crash(path: string, random: Random): void {
    const keeps = random.pick([0, 0.5, 0.9, 1])
    const isLost = () => !random.chance(keeps)
    const before = readFileSync(this.#copy)
    const main = readFileSync(this.#main)
    if (!main.equals(before))
      for (let at = 0; at < main.length; at += SECTOR)
        // Where the file has grown, there was nothing before.
        if (isLost()) before.copy(main.fill(0, at, at + SECTOR), at, Math.min(at, before.length), at + SECTOR)
    writeFileSync(path, main)
    if (!existsSync(this.#wal)) return
    const wal = readFileSync(this.#wal)
    // SQLite syncs the header of a log that begins anew by itself, and overwrites frames that it does not need any more.
    const { salt, end } = writtenIn(wal)
    const begin = this.#synced.salt === salt ? this.#synced.end : WAL_HEADER
    for (let at = begin; at < end; at += SECTOR) if (isLost()) wal.fill(0, at, Math.min(at + SECTOR, end))
    writeFileSync(`${path}-wal`, wal)
  }
}

type Read = (buffer: Buffer, position: number) => number

function writtenIn(wal: Buffer): Synced {
  return written((buffer, position) => wal.copy(buffer, 0, position))
}

/** How far a write-ahead log is written. @param known from where to look, if it has not begun anew since */
function written(read: Read, known: Synced = { salt: '', end: WAL_HEADER }): Synced {
  const header = Buffer.alloc(WAL_HEADER)
  read(header, 0)
  const salt = header.toString('latin1', WAL_SALT, WAL_SALT + 8)
  let end = known.salt === salt ? known.end : WAL_HEADER
  const frame = Buffer.alloc(FRAME_HEADER)
  while (read(frame, end) === FRAME_HEADER && frame.toString('latin1', FRAME_SALT, FRAME_SALT + 8) === salt)
    end += FRAME
  return { salt, end }
}
