-- Data that is large is written in parts, each by a statement of its own, outside the lock of appends. The row of its event has the flag
-- 256 (IN_PARTS of event.ts), and a reference as 'data': 'parts' is their key, 'bytes' the size of all.
CREATE TABLE {{schema}}.parts (
  key uuid NOT NULL,
  nth integer NOT NULL,
  data text NOT NULL,
  PRIMARY KEY (key, nth)
);

-- Keys of parts to which no event refers: they are being written, and an event can refer to them until they expire, or they are to be
-- removed and 'expires_at' is 0. No event can refer to them any more then.
CREATE TABLE {{schema}}.loose_parts (
  key uuid PRIMARY KEY,
  expires_at bigint NOT NULL
);

-- Writes a part, unless the instance has an event with the id: 'written' is false then. It is durable once the event is, whose commit
-- comes later in the write-ahead log. Ten minutes are longer than a node tries to append an event.
CREATE FUNCTION {{schema}}.write_part(
  p_key uuid, p_nth integer, p_data text, p_instance text, p_id text, OUT written boolean
) LANGUAGE plpgsql
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
  SET plan_cache_mode = force_generic_plan
AS $write$
BEGIN
  written := NOT EXISTS (
    SELECT FROM {{schema}}.instances i JOIN {{schema}}.events e ON e.instance_key = i.key AND e.id = p_id
    WHERE i.name = p_instance
  );
  IF written THEN
    PERFORM set_config('synchronous_commit', 'off', true);
    INSERT INTO {{schema}}.loose_parts (key, expires_at) VALUES (p_key, {{schema}}.now_ms() + 600000) ON CONFLICT DO NOTHING;
    INSERT INTO {{schema}}.parts (key, nth, data) VALUES (p_key, p_nth, p_data);
  END IF;
END
$write$;

-- Removes some parts to which no event refers. 'removed': false if there were none.
CREATE FUNCTION {{schema}}.remove_loose_parts(p_count integer, OUT removed boolean) LANGUAGE plpgsql
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $remove$
DECLARE
  gone uuid;
  found_parts bigint;
BEGIN
  -- The append of an event that refers to them meanwhile waits for the change of the row, and finds them expired.
  UPDATE {{schema}}.loose_parts l SET expires_at = 0 WHERE l.expires_at > 0 AND l.expires_at <= {{schema}}.now_ms();
  SELECT l.key INTO gone FROM {{schema}}.loose_parts l WHERE l.expires_at = 0 ORDER BY l.key LIMIT 1 FOR UPDATE SKIP LOCKED;
  removed := gone IS NOT NULL;
  IF NOT removed THEN
    RETURN;
  END IF;
  WITH first AS (
    SELECT p.nth FROM {{schema}}.parts p WHERE p.key = gone ORDER BY p.nth LIMIT p_count
  ), deleted AS (
    DELETE FROM {{schema}}.parts p USING first f WHERE p.key = gone AND p.nth = f.nth RETURNING p.nth
  )
  SELECT count(*) INTO found_parts FROM deleted;
  IF found_parts < p_count THEN
    DELETE FROM {{schema}}.loose_parts l WHERE l.key = gone;
  END IF;
END
$remove$;

-- An event is added only if all of its parts are there, such as after another server has become the primary.
CREATE FUNCTION {{schema}}.take_parts() RETURNS trigger LANGUAGE plpgsql
  SET enable_seqscan = off SET jit = off
AS $take$
DECLARE
  own uuid := NEW.data::json ->> 'parts';
BEGIN
  DELETE FROM {{schema}}.loose_parts l WHERE l.key = own AND l.expires_at > 0;
  IF NOT FOUND OR (NEW.data::json ->> 'bytes')::bigint IS DISTINCT FROM (
    SELECT sum(octet_length(p.data)) FROM {{schema}}.parts p WHERE p.key = own
  ) THEN
    RAISE EXCEPTION 'parts of an event are missing';
  END IF;
  RETURN NULL;
END
$take$;
CREATE TRIGGER events_take_parts AFTER INSERT ON {{schema}}.events FOR EACH ROW
  WHEN (NEW.flags & 256 <> 0) EXECUTE FUNCTION {{schema}}.take_parts();

CREATE FUNCTION {{schema}}.loosen_parts() RETURNS trigger LANGUAGE plpgsql AS $loosen$
BEGIN
  INSERT INTO {{schema}}.loose_parts (key, expires_at) VALUES ((OLD.data::json ->> 'parts')::uuid, 0);
  RETURN NULL;
END
$loosen$;
CREATE TRIGGER events_removed_parts AFTER DELETE ON {{schema}}.events FOR EACH ROW
  WHEN (OLD.flags & 256 <> 0) EXECUTE FUNCTION {{schema}}.loosen_parts();
CREATE TRIGGER events_erased_parts AFTER UPDATE OF flags ON {{schema}}.events FOR EACH ROW
  WHEN (OLD.flags & 256 <> 0 AND NEW.flags & 256 = 0) EXECUTE FUNCTION {{schema}}.loosen_parts();
