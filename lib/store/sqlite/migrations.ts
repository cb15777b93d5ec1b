/** An instance's events are looked up by segment of the log: so many bits of an offset are its place in one. */
export const SEGMENT_BITS = 12

/**
 * The SQLite schema, step by step: entry n brings version n to n + 1. Entries are never edited once released.
 *
 * `deliveries` is read by lane (its key) and, when the log is pruned, by offset (its index).
 * `events_by_segment` ends in the offset, as every index of a rowid table does.
 */
export const SQLITE_MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE instances (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL UNIQUE,
    token_hash BLOB UNIQUE,
    integration TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE selections (
    instance_key INTEGER NOT NULL REFERENCES instances (key) ON DELETE CASCADE,
    transport TEXT NOT NULL,
    id TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    events TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (instance_key, transport)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE events (
    "offset" INTEGER PRIMARY KEY AUTOINCREMENT,
    instance_key INTEGER NOT NULL,
    id TEXT NOT NULL,
    instance TEXT NOT NULL,
    event TEXT NOT NULL,
    flags INTEGER NOT NULL,
    accepted_at INTEGER NOT NULL,
    envelope TEXT NOT NULL,
    extra TEXT NOT NULL,
    data TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX events_by_id ON events (instance_key, id);
  CREATE INDEX events_by_instance ON events (instance_key);

  CREATE TABLE queues (
    key INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
  ) STRICT;

  CREATE TABLE deliveries (
    queue_key INTEGER NOT NULL,
    instance_key INTEGER NOT NULL,
    "offset" INTEGER NOT NULL,
    PRIMARY KEY (queue_key, instance_key, "offset")
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX deliveries_by_offset ON deliveries ("offset");

  CREATE TABLE dead_letters (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    queue_key INTEGER NOT NULL,
    instance_key INTEGER NOT NULL,
    "offset" INTEGER NOT NULL,
    reason TEXT NOT NULL,
    message TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    died_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX dead_letters_by_offset ON dead_letters ("offset");
  `,

  // How far the log was pruned, for clients that come back to an offset. Nobody knows for what is gone already: all
  // before the first event that is left.
  `
  CREATE TABLE log (
    pruned_to INTEGER NOT NULL
  ) STRICT;
  INSERT INTO log SELECT coalesce(
    (SELECT min("offset") - 1 FROM events),
    (SELECT seq FROM sqlite_sequence WHERE name = 'events'),
    0
  );
  `,

  // New events of many instances go into the same few pages: those of the log's last segment, and, since ids begin with
  // the time unless the caller chose them, those of the last ids. By instance each had a page of its own to write.
  `
  DROP INDEX events_by_id;
  DROP INDEX events_by_instance;
  CREATE UNIQUE INDEX events_by_id ON events (id, instance_key);
  CREATE INDEX events_by_segment ON events ("offset" >> ${SEGMENT_BITS}, instance_key);
  `,

  // A log that was begun anew is told from the one before it, whose offsets clients may still have.
  `
  ALTER TABLE log ADD COLUMN id TEXT NOT NULL DEFAULT '';
  UPDATE log SET id = lower(hex(randomblob(8)));
  `,

  // What a check of the store writes.
  `
  CREATE TABLE checks (
    filler BLOB NOT NULL
  ) STRICT;
  INSERT INTO checks VALUES (zeroblob(0));
  `
]
