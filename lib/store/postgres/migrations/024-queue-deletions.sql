-- Deletions of queues that are announced, or have begun. 'id': the announcement. 'over_at': when they count as ended, if nobody ends them.
CREATE TABLE {{schema}}.queue_deletions (
  name text COLLATE "C" PRIMARY KEY,
  id text NOT NULL,
  begun boolean NOT NULL,
  over_at bigint NOT NULL
);
