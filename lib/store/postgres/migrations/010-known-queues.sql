-- Queues as SQS has described them. 'service': address, region and account in one text. A name has one row, so that rows do
-- not pile up when the service changes.
CREATE TABLE {{schema}}.known_queues (
  name text COLLATE "C" PRIMARY KEY,
  service text COLLATE "C" NOT NULL,
  url text NOT NULL,
  max_bytes integer NOT NULL
);
