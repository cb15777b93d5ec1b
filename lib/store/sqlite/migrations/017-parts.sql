-- Data that is large is written in parts, each in a small transaction. The row of its event has IN_PARTS among its flags, and a reference
-- as `data`: `parts` is their key, `bytes` the size of all. Part n of a key has the number key * 65536 + n (parts.ts).
CREATE TABLE parts (
  number INTEGER PRIMARY KEY,
  data TEXT NOT NULL
) STRICT;

-- Keys of parts to which no event refers: they are being written, or are to be removed. `erased`: they are to be overwritten.
CREATE TABLE loose_parts (
  key INTEGER PRIMARY KEY AUTOINCREMENT,
  erased INTEGER NOT NULL DEFAULT 0
) STRICT;
