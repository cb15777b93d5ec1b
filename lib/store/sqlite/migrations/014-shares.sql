-- What each instance holds of the log, counted once the log is too large: bytes of its events up to `counted_to`. `pruned_to`: the
-- highest offset of its events that were removed because it held more than its share; `shares_pruned_to`: that of all instances.
CREATE TABLE shares (
  instance_key INTEGER PRIMARY KEY,
  bytes INTEGER NOT NULL,
  pruned_to INTEGER NOT NULL DEFAULT 0
) STRICT;
ALTER TABLE log ADD COLUMN counted_to INTEGER NOT NULL DEFAULT 0;
ALTER TABLE log ADD COLUMN shares_pruned_to INTEGER NOT NULL DEFAULT 0;
