import { readMigrations } from '../migrations.ts'

/** Bits of an offset that are its place in a segment of the log; an instance's events are looked up by segment. */
export const SEGMENT_BITS = 12

export const SQLITE_MIGRATIONS: readonly string[] = readMigrations(new URL('./migrations/', import.meta.url))
