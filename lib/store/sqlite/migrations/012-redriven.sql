-- How often a dead letter was tried, and when it was given up first; null: at 'died_at'.
ALTER TABLE dead_letters ADD COLUMN tries INTEGER NOT NULL DEFAULT 1;
ALTER TABLE dead_letters ADD COLUMN first_died_at INTEGER;

-- Dead letters that were redriven: they are sent, pending, or dead letters again under the same id, which removes the row.
CREATE TABLE redriven (
  id INTEGER PRIMARY KEY,
  queue_key INTEGER NOT NULL,
  instance_key INTEGER NOT NULL,
  "offset" INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  first_died_at INTEGER NOT NULL,
  redriven_at INTEGER NOT NULL
) STRICT;
CREATE INDEX redriven_by_offset ON redriven ("offset");
