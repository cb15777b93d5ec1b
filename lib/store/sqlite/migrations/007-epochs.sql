-- The epochs of the log: each process that opens the file begins one at the next offset, since the file may be a copy, or may
-- have lost its end. `log.id` is that of the last one.
CREATE TABLE epochs (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  first_offset INTEGER NOT NULL
) STRICT;
INSERT INTO epochs (id, first_offset) SELECT id, 1 FROM log;
