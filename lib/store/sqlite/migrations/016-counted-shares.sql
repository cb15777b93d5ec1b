-- Shares are counted as events are appended, and written now and then. `counted_to`: the offset up to which the bytes of a row are
-- counted. That of `log` is a lower bound: at a start, events above both are counted.
ALTER TABLE shares ADD COLUMN counted_to INTEGER NOT NULL DEFAULT 0;
UPDATE shares SET counted_to = (SELECT counted_to FROM log);
