-- `deliveries` is read by lane (its key) and, when the log is pruned, by offset (its index).

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
