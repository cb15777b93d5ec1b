-- What each instance holds of the log, counted once the log is too large: bytes of its events up to the counter 'shares'. 'pruned_to':
-- the highest offset of its events that were removed because it held more than its share; 'shares_pruned_to': that of all instances.
CREATE TABLE {{schema}}.shares (
  instance_key bigint PRIMARY KEY,
  bytes bigint NOT NULL,
  pruned_to bigint NOT NULL DEFAULT 0
);
INSERT INTO {{schema}}.counters VALUES ('shares');
ALTER TABLE {{schema}}.log ADD COLUMN shares_pruned_to bigint NOT NULL DEFAULT 0;

-- One step for the instance with more than half of the bytes, as long as another has any and the log has more than 'p_max_bytes'. Looks
-- at 'p_chunk' of its events after 'p_after', if it is still 'p_last', and removes as many as make the log fit. 'p_except': instances that
-- are left out. 'status': 'fits' if the log is not too large, 'even' if there is no such instance, 'busy' if another node is pruning,
-- 'counting' if events were counted instead, 'p_counted' at the most, else 'looked'. 'next': the next 'p_after'; null when all of its events were looked at. 'bytes': those that it has left.
CREATE FUNCTION {{schema}}.prune_share(
  p_last bigint, p_after bigint, p_except bigint[], p_max_bytes bigint, p_counted integer, p_chunk integer,
  OUT status text, OUT removed integer, OUT instance_key bigint, OUT next bigint, OUT bytes bigint
) LANGUAGE plpgsql
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $prune$
#variable_conflict use_column
DECLARE
  counted_to bigint;
  found integer;
  last_found bigint;
  total bigint;
  excess bigint;
  last_gone bigint;
  freed bigint;
BEGIN
  status := 'busy';
  IF NOT pg_try_advisory_xact_lock({{lock_space}}, 1002) THEN
    RETURN;
  END IF;
  status := 'fits';
  SELECT l.bytes - p_max_bytes INTO excess FROM {{schema}}.log l;
  IF excess <= 0 THEN
    RETURN;
  END IF;

  SELECT c.value INTO counted_to FROM {{schema}}.counters c WHERE c.name = 'shares';
  WITH fresh AS (
    SELECT e."offset", e.instance_key, e.size FROM {{schema}}.events e
    WHERE e."offset" > counted_to ORDER BY e."offset" LIMIT p_counted
  ), counted AS (
    INSERT INTO {{schema}}.shares AS s (instance_key, bytes)
    SELECT f.instance_key, sum(f.size + 256) FROM fresh f GROUP BY f.instance_key
    ON CONFLICT (instance_key) DO UPDATE SET bytes = s.bytes + excluded.bytes
  )
  SELECT count(*), max(f."offset") INTO found, last_found FROM fresh f;
  IF found > 0 THEN
    UPDATE {{schema}}.counters c SET value = last_found WHERE c.name = 'shares';
  END IF;
  IF found = p_counted THEN
    status := 'counting';
    RETURN;
  END IF;

  SELECT s.instance_key, s.bytes, sum(s.bytes) OVER () INTO instance_key, bytes, total FROM {{schema}}.shares s
  WHERE NOT s.instance_key = ANY (p_except) ORDER BY s.bytes DESC LIMIT 1;
  status := 'even';
  IF bytes IS NULL OR bytes * 2 <= total OR bytes = total THEN
    RETURN;
  END IF;

  status := 'looked';
  WITH old AS (
    SELECT e."offset", e.size FROM {{schema}}.events e
    WHERE e.instance_key = prune_share.instance_key
    AND e."offset" > CASE WHEN prune_share.instance_key = p_last THEN p_after ELSE 0 END
    ORDER BY e."offset" LIMIT p_chunk
  ), free AS (
    SELECT o."offset", sum(o.size + 256) OVER (ORDER BY o."offset") - o.size - 256 AS ahead FROM old o
    WHERE NOT EXISTS (SELECT FROM {{schema}}.deliveries d WHERE d."offset" = o."offset")
    AND NOT EXISTS (SELECT FROM {{schema}}.dead_letters d WHERE d."offset" = o."offset")
  ), gone AS (
    DELETE FROM {{schema}}.events e USING free f WHERE e."offset" = f."offset" AND f.ahead < excess
    RETURNING e."offset", e.size
  )
  SELECT count(*), max(g."offset"), coalesce(sum(g.size + 256), 0), (SELECT max(o."offset") FROM old o)
  INTO removed, last_gone, freed, last_found FROM gone g;
  next := CASE WHEN freed >= excess THEN last_gone ELSE last_found END;
  bytes := bytes - freed;
  IF removed > 0 THEN
    UPDATE {{schema}}.shares s SET bytes = prune_share.bytes, pruned_to = greatest(s.pruned_to, last_gone)
    WHERE s.instance_key = prune_share.instance_key;
    UPDATE {{schema}}.log l SET bytes = l.bytes - freed, shares_pruned_to = greatest(l.shares_pruned_to, last_gone);
  END IF;
END
$prune$;

-- Looks at 'p_chunk' events after 'p_after'. 'next': the next 'p_after'; null when all old events were looked at, or when
-- another node is pruning.
CREATE OR REPLACE FUNCTION {{schema}}.prune(
  p_after bigint, p_accepted_before bigint, p_max_bytes bigint, p_chunk integer, OUT removed integer, OUT next bigint
) LANGUAGE plpgsql
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $prune$
DECLARE
  horizon bigint := p_accepted_before;
  present bigint := {{schema}}.now_ms();
  passed integer;
  last_old bigint;
  last_passed bigint;
  last_gone bigint;
  freed bigint;
BEGIN
  removed := 0;
  IF NOT pg_try_advisory_xact_lock({{lock_space}}, 1002) THEN
    RETURN;
  END IF;
  IF (SELECT l.bytes > p_max_bytes FROM {{schema}}.log l) THEN
    horizon := 9223372036854775807;
  END IF;
  SELECT count(*) FILTER (WHERE c.accepted_at < horizon OR c.accepted_at > present),
    max(c."offset") FILTER (WHERE c.accepted_at < horizon), max(c."offset")
  INTO passed, last_old, last_passed FROM (
    SELECT e."offset", e.accepted_at FROM {{schema}}.events e
    WHERE e."offset" > p_after ORDER BY e."offset" LIMIT p_chunk
  ) c;
  WITH gone AS (
    DELETE FROM {{schema}}.events e
    WHERE e."offset" > p_after AND e."offset" <= last_old AND e.accepted_at < horizon
    AND NOT EXISTS (SELECT FROM {{schema}}.deliveries d WHERE d."offset" = e."offset")
    AND NOT EXISTS (SELECT FROM {{schema}}.dead_letters d WHERE d."offset" = e."offset")
    RETURNING e."offset", e.instance_key, e.size
  ), reduced AS (
    UPDATE {{schema}}.shares s SET bytes = s.bytes - r.bytes FROM (
      SELECT g.instance_key, sum(g.size + 256) AS bytes FROM gone g
      WHERE g."offset" <= (SELECT c.value FROM {{schema}}.counters c WHERE c.name = 'shares') GROUP BY g.instance_key
    ) r WHERE s.instance_key = r.instance_key
  )
  SELECT count(*), max(g."offset"), sum(g.size + 256) INTO removed, last_gone, freed FROM gone g;
  IF removed > 0 THEN
    UPDATE {{schema}}.log l SET pruned_to = greatest(l.pruned_to, last_gone), bytes = l.bytes - freed;
  END IF;
  IF passed = p_chunk THEN
    next := last_passed;
  END IF;
END
$prune$;

-- Replaces events of one instance by what is left of them once they are erased: the arguments have one element for each. Returns a
-- row for each that was not erased before.
CREATE OR REPLACE FUNCTION {{schema}}.erase(
  p_instance_key bigint, p_offsets bigint[], p_ids text[], p_flags integer[], p_sizes integer[], p_envelopes text[], p_extras text[],
  p_data text
) RETURNS TABLE ("offset" bigint, pending bigint, dead_letters bigint) LANGUAGE plpgsql
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $erase$
#variable_conflict use_column
DECLARE
  erased bigint[];
  freed bigint;
  counted bigint;
  version bigint;
BEGIN
  PERFORM pg_advisory_xact_lock({{lock_space}}, 1002);
  WITH given AS (
    SELECT u.*, e.size AS before
    FROM unnest(p_offsets, p_ids, p_flags, p_sizes, p_envelopes, p_extras) u("offset", id, flags, size, envelope, extra)
    -- 64: ERASED of event.ts.
    JOIN {{schema}}.events e ON e."offset" = u."offset" AND e.instance_key = p_instance_key AND e.id = u.id AND e.flags & 64 = 0
  ), blanked AS (
    UPDATE {{schema}}.events e
    SET flags = g.flags, size = g.size, envelope = g.envelope, extra = g.extra, data = p_data
    FROM given g WHERE e."offset" = g."offset" RETURNING e."offset", g.before - g.size AS freed
  )
  SELECT array_agg(b."offset"), sum(b.freed), sum(b.freed) FILTER (
    WHERE b."offset" <= (SELECT c.value FROM {{schema}}.counters c WHERE c.name = 'shares')
  ) INTO erased, freed, counted FROM blanked b;
  IF erased IS NULL THEN
    RETURN;
  END IF;
  UPDATE {{schema}}.counters c SET value = c.value + 1 WHERE c.name = 'redrives' RETURNING c.value INTO version;
  UPDATE {{schema}}.deliveries d SET redrive = version
  WHERE d.ctid = ANY (ARRAY(
    SELECT l.ctid FROM {{schema}}.deliveries l WHERE l."offset" = ANY (erased) FOR UPDATE SKIP LOCKED
  ));
  UPDATE {{schema}}.shares s SET bytes = s.bytes - counted WHERE s.instance_key = p_instance_key AND counted > 0;
  UPDATE {{schema}}.log l SET bytes = l.bytes - freed;
  PERFORM pg_notify('{{schema}}', 'redrives ' || version);
  PERFORM pg_notify('{{schema}}', 'erased');
  RETURN QUERY
    SELECT o, (SELECT count(*) FROM {{schema}}.deliveries d WHERE d."offset" = o),
      (SELECT count(*) FROM {{schema}}.dead_letters d WHERE d."offset" = o)
    FROM unnest(erased) o;
END
$erase$;
