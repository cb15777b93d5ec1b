-- A commit writes few pages however many instances and queues it concerns: its rows at the end of `events`, and one row of
-- `delivery_changes`. What is looked up by instance, id or queue is held in memory, and written once for each segment of the
-- log: 4,096 offsets (segment.ts).

-- Ids that callers gave. An id that the log generated is found by the time in it.
CREATE TABLE ids (
  id TEXT NOT NULL,
  instance_key INTEGER NOT NULL,
  "offset" INTEGER NOT NULL,
  PRIMARY KEY (id, instance_key)
) STRICT, WITHOUT ROWID;

-- Full segments: where the events of each instance are (`places`), and the times in the ids that were generated, in
-- milliseconds; null if none was.
CREATE TABLE segments (
  segment INTEGER PRIMARY KEY,
  ids_from INTEGER,
  ids_to INTEGER,
  places BLOB NOT NULL
) STRICT;

-- Pending deliveries are those of `pending`, with the changes of `delivery_changes` in the order of their numbers.
CREATE TABLE pending (
  segment INTEGER PRIMARY KEY,
  deliveries BLOB NOT NULL
) STRICT;
CREATE TABLE delivery_changes (
  number INTEGER PRIMARY KEY,
  changes BLOB NOT NULL
) STRICT;
