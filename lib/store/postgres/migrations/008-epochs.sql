-- The epochs of the log. A new one begins at the next offset when the database may not have all that it had: when the first
-- node starts, and with the first append after PostgreSQL was started anew or another server has become the primary.
-- `log.id` is the id of the last epoch, `log.place` where it was begun.
CREATE TABLE {{schema}}.epochs (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text COLLATE "C" NOT NULL UNIQUE,
  first_offset bigint NOT NULL
);
INSERT INTO {{schema}}.epochs (id, first_offset) SELECT id, 1 FROM {{schema}}.log;
ALTER TABLE {{schema}}.log ADD COLUMN place text COLLATE "C" NOT NULL DEFAULT '';

-- The server process, the database and the table: none of them stays the same in a copy. Unlike the timeline, every user
-- and every managed service can read them, and they change with a restart after a crash as well.
CREATE FUNCTION {{schema}}.place() RETURNS text LANGUAGE sql STABLE AS $place$
  SELECT concat_ws(' ', extract(epoch FROM pg_postmaster_start_time()), d.oid, '{{schema}}.log'::regclass::oid)
  FROM pg_database d WHERE d.datname = current_database()
$place$;
UPDATE {{schema}}.log SET place = {{schema}}.place();

-- Begins an epoch after 'p_after', under the lock of appends. The last 1,000 are kept.
CREATE FUNCTION {{schema}}.begin_epoch(p_after bigint, OUT epoch text) LANGUAGE plpgsql AS $begin$
BEGIN
  epoch := left(replace(gen_random_uuid()::text, '-', ''), 16);
  INSERT INTO {{schema}}.epochs (id, first_offset) VALUES (epoch, p_after + 1);
  DELETE FROM {{schema}}.epochs e WHERE e.number <= (SELECT max(l.number) - 1000 FROM {{schema}}.epochs l);
  UPDATE {{schema}}.log l SET id = epoch, place = {{schema}}.place();
END
$begin$;

-- The epoch of events that this transaction has appended after 'p_after'.
CREATE FUNCTION {{schema}}.epoch_after(p_after bigint, OUT epoch text) LANGUAGE plpgsql STRICT AS $epoch$
BEGIN
  SELECT l.id INTO epoch FROM {{schema}}.log l WHERE l.place = {{schema}}.place();
  IF epoch IS NULL THEN
    epoch := {{schema}}.begin_epoch(p_after);
  END IF;
END
$epoch$;

-- Begins an epoch at the end of the log.
CREATE FUNCTION {{schema}}.begin_epoch_now() RETURNS void LANGUAGE plpgsql AS $now$
BEGIN
  PERFORM pg_advisory_xact_lock({{lock_space}}, 1000);
  PERFORM {{schema}}.begin_epoch(l.last_offset) FROM {{schema}}.log l;
END
$now$;
