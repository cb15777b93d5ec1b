-- What shows whether events can be appended: the lock that appends take, and new pages, which need room on the disk. A
-- truncated table begins in a new file, so no page of an earlier check is used again.
DELETE FROM {{schema}}.counters WHERE name = 'checks';
CREATE TABLE {{schema}}.checks (
  filler bytea NOT NULL
);
ALTER TABLE {{schema}}.checks ALTER COLUMN filler SET STORAGE PLAIN;

CREATE FUNCTION {{schema}}.check_lock() RETURNS void LANGUAGE plpgsql SET lock_timeout = 2000 AS $check$
BEGIN
  PERFORM pg_advisory_xact_lock({{lock_space}}, 1000);
END
$check$;

CREATE FUNCTION {{schema}}.check_write() RETURNS void LANGUAGE plpgsql SET lock_timeout = 2000 AS $check$
BEGIN
  TRUNCATE {{schema}}.checks;
  INSERT INTO {{schema}}.checks SELECT decode(repeat('00', 7000), 'hex') FROM generate_series(1, 8);
END
$check$;
