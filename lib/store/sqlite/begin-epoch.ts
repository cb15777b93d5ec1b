import type { SqliteFile } from './file.ts'

/** Epochs that a log remembers. A client of an older one receives the whole log. */
const MAX_EPOCHS = 1_000

/** Begins an epoch after `head`, the end of the log, which is durable when it returns. @throws as `SqliteFile.transaction` */
export function beginEpoch(file: SqliteFile, head: number): void {
  file.db.exec('PRAGMA synchronous = FULL')
  file.transaction(() =>
    file.db.exec(`
      UPDATE log SET id = lower(hex(randomblob(8)));
      INSERT INTO epochs (id, first_offset)
      SELECT id, ${head + 1} FROM log;
      DELETE FROM epochs WHERE number <= (SELECT max(number) - ${MAX_EPOCHS} FROM epochs);
    `)
  )
  file.db.exec('PRAGMA synchronous = NORMAL')
}
