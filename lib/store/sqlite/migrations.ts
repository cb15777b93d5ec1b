import { readMigrations } from '../migrations.ts'

export const SQLITE_MIGRATIONS: readonly string[] = readMigrations(new URL('./migrations/', import.meta.url))
