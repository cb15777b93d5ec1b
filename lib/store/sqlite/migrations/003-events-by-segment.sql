-- New events of many instances go into few pages: those of the last segment of the log, and those of the last ids, which
-- begin with the time unless the caller chose them. Indexed by instance, each instance had a page of its own to write.
-- A segment is 4,096 offsets (segment.ts). The index ends in the offset, as every index of a rowid table does.
DROP INDEX events_by_id;
DROP INDEX events_by_instance;
CREATE UNIQUE INDEX events_by_id ON events (id, instance_key);
CREATE INDEX events_by_segment ON events ("offset" >> 12, instance_key);
