-- How far the log was pruned, for clients that come back with an offset. For events that are gone already it is not known:
-- all before the first event that is left counts as pruned.
CREATE TABLE log (
  pruned_to INTEGER NOT NULL
) STRICT;
INSERT INTO log SELECT coalesce(
  (SELECT min("offset") - 1 FROM events),
  (SELECT seq FROM sqlite_sequence WHERE name = 'events'),
  0
);
