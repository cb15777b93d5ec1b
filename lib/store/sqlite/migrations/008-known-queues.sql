-- Queues as SQS has described them. `service`: address, region and account in one text. A name has one row, so that rows do
-- not pile up when the service changes.
CREATE TABLE known_queues (
  name TEXT PRIMARY KEY,
  service TEXT NOT NULL,
  url TEXT NOT NULL,
  max_bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
