-- While the log is too large, the instances that hold most of it lose their oldest events, down to what the next one holds.
DROP FUNCTION {{schema}}.prune_share;
DROP FUNCTION {{schema}}.prune;

-- Counts 'p_count' events at most that shares do not count yet. 'counted': how many it found; 0 while another node changes shares.
-- Whoever changes them locks the counter, so that no event is counted that is being removed.
CREATE FUNCTION {{schema}}.count_shares(p_count integer, OUT counted integer) LANGUAGE plpgsql
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $count$
DECLARE
  counted_to bigint;
  last_found bigint;
BEGIN
  counted := 0;
  SELECT c.value INTO counted_to FROM {{schema}}.counters c WHERE c.name = 'shares' FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  WITH fresh AS MATERIALIZED (
    SELECT e."offset", e.instance_key, e.size FROM {{schema}}.events e
    WHERE e."offset" > counted_to ORDER BY e."offset" LIMIT p_count
  ), added AS (
    INSERT INTO {{schema}}.shares AS s (instance_key, bytes)
    SELECT f.instance_key, sum(f.size + 256) FROM fresh f GROUP BY f.instance_key
    ON CONFLICT (instance_key) DO UPDATE SET bytes = s.bytes + excluded.bytes
  )
  SELECT count(*), max(f."offset") INTO counted, last_found FROM fresh f;
  IF counted > 0 THEN
    UPDATE {{schema}}.counters c SET value = last_found WHERE c.name = 'shares';
  END IF;
END
$count$;

-- The instances that hold most, 'p_limit' at most, and the bytes that each may keep while 'p_excess' bytes are to become free: the same
-- as shareLevel in share-level.ts. If more instances hold about as much, these may keep less than the next one holds.
CREATE FUNCTION {{schema}}.greediest(p_except bigint[], p_excess bigint, p_limit integer)
RETURNS TABLE (instance_key bigint, bytes bigint, pruned_to bigint, level bigint) LANGUAGE sql STABLE
  SET enable_seqscan = on SET enable_hashjoin = on SET jit = off
AS $greediest$
  WITH most AS (
    SELECT s.instance_key, s.bytes, s.pruned_to FROM {{schema}}.shares s
    WHERE s.bytes > 0 AND NOT EXISTS (SELECT FROM unnest(p_except) x(key) WHERE x.key = s.instance_key)
    ORDER BY s.bytes DESC, s.pruned_to, s.instance_key LIMIT p_limit + 1
  ), ranked AS (
    SELECT m.*, row_number() OVER w AS place, sum(m.bytes) OVER w AS above, coalesce(lead(m.bytes) OVER w, 0) AS next
    FROM most m WINDOW w AS (ORDER BY m.bytes DESC, m.pruned_to, m.instance_key)
  ), reached AS (
    SELECT coalesce(
      (SELECT greatest(floor((r.above - p_excess) / r.place), r.next) FROM ranked r
        WHERE r.place <= p_limit
        AND (r.above - r.place * r.next >= p_excess OR r.next < 0.9 * (SELECT max(g.bytes) FROM ranked g))
        ORDER BY r.place LIMIT 1),
      (SELECT min(r.next) - 1 FROM ranked r WHERE r.place <= p_limit)
    ) AS level
  )
  SELECT r.instance_key, r.bytes, r.pruned_to, greatest(l.level, 0)::bigint
  FROM ranked r, reached l WHERE r.place <= p_limit AND r.bytes > l.level ORDER BY r.place
$greediest$;

-- One step while the log has more than 'p_max_bytes': looks at about 'p_chunk' events of the instances that hold most, and removes as
-- many as make the log fit. 'p_except': instances that are left out. 'p_keys', 'p_after': instances whose events are looked at after
-- an offset that is not the one up to which they were removed.
-- A row with the 'status' 'busy' if another node is pruning, 'fits' if the log is not too large, 'counting' if 'p_chunk' * 10 events were
-- counted instead, 'done' if nothing can be removed. Else a row for each instance: 'level' if it holds no more than it may, 'all' if
-- all of its events were looked at, 'looked' if they were looked at up to 'next'. 'bytes': what it has left.
CREATE FUNCTION {{schema}}.prune_shares(
  p_except bigint[], p_keys bigint[], p_after bigint[], p_max_bytes bigint, p_chunk integer
) RETURNS TABLE (status text, instance_key bigint, removed integer, next bigint, bytes bigint) LANGUAGE plpgsql
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $prune$
#variable_conflict use_column
DECLARE
  excess bigint;
BEGIN
  IF NOT pg_try_advisory_xact_lock({{lock_space}}, 1002) THEN
    RETURN QUERY SELECT 'busy', 0::bigint, 0, 0::bigint, 0::bigint;
    RETURN;
  END IF;
  PERFORM FROM {{schema}}.counters c WHERE c.name = 'shares' FOR UPDATE;
  SELECT l.bytes - p_max_bytes INTO excess FROM {{schema}}.log l;
  IF excess <= 0 THEN
    RETURN QUERY SELECT 'fits', 0::bigint, 0, 0::bigint, 0::bigint;
    RETURN;
  END IF;
  IF {{schema}}.count_shares(p_chunk * 10) = p_chunk * 10 THEN
    RETURN QUERY SELECT 'counting', 0::bigint, 0, 0::bigint, 0::bigint;
    RETURN;
  END IF;

  RETURN QUERY
  WITH greedy AS MATERIALIZED (
    SELECT g.*, coalesce(p.after, g.pruned_to) AS after, greatest(1, p_chunk / count(*) OVER ())::integer AS looks
    FROM {{schema}}.greediest(p_except, excess, p_chunk) g
    LEFT JOIN unnest(p_keys, p_after) p(key, after) ON p.key = g.instance_key
  ), old AS MATERIALIZED (
    SELECT g.instance_key, g.bytes, g.level, o."offset", o.size FROM greedy g CROSS JOIN LATERAL (
      SELECT e."offset", e.size + 256 AS size FROM {{schema}}.events e
      WHERE e.instance_key = g.instance_key AND e."offset" > g.after ORDER BY e."offset" LIMIT g.looks
    ) o
  ), free AS (
    SELECT o.*, sum(o.size) OVER (PARTITION BY o.instance_key ORDER BY o."offset") - o.size AS ahead FROM old o
    WHERE NOT EXISTS (SELECT FROM {{schema}}.deliveries d WHERE d."offset" = o."offset")
    AND NOT EXISTS (SELECT FROM {{schema}}.dead_letters d WHERE d."offset" = o."offset")
  ), due AS MATERIALIZED (
    SELECT f.*, sum(f.size) OVER (ORDER BY f."offset") - f.size AS ahead_of_all FROM free f WHERE f.bytes - f.ahead > f.level
  ), gone AS (
    DELETE FROM {{schema}}.events e USING due d WHERE e."offset" = d."offset" AND d.ahead_of_all < excess
    RETURNING e."offset", d.instance_key, d.size
  ), freed AS (
    SELECT g.instance_key, count(*)::integer AS removed, max(g."offset") AS last_gone, sum(g.size)::bigint AS bytes
    FROM gone g GROUP BY g.instance_key
  ), reduced AS (
    UPDATE {{schema}}.shares s SET bytes = s.bytes - f.bytes, pruned_to = greatest(s.pruned_to, f.last_gone)
    FROM freed f WHERE s.instance_key = f.instance_key
  ), noted AS (
    UPDATE {{schema}}.log l SET bytes = l.bytes - f.bytes, shares_pruned_to = greatest(l.shares_pruned_to, f.last_gone)
    FROM (SELECT sum(f.bytes)::bigint AS bytes, max(f.last_gone) AS last_gone FROM freed f) f WHERE f.bytes > 0
  ), looked AS (
    SELECT o.instance_key, count(*) AS found, max(o."offset") AS last_found FROM old o GROUP BY o.instance_key
  ), kept AS (
    SELECT d.instance_key FROM due d WHERE d.ahead_of_all >= excess GROUP BY d.instance_key
  )
  SELECT CASE
      WHEN g.bytes - coalesce(f.bytes, 0) <= g.level OR k.instance_key IS NOT NULL THEN 'level'
      WHEN coalesce(o.found, 0) < g.looks THEN 'all'
      ELSE 'looked'
    END, g.instance_key, coalesce(f.removed, 0), o.last_found, g.bytes - coalesce(f.bytes, 0)
  FROM greedy g LEFT JOIN looked o ON o.instance_key = g.instance_key LEFT JOIN freed f ON f.instance_key = g.instance_key
  LEFT JOIN kept k ON k.instance_key = g.instance_key;
  IF NOT FOUND THEN
    RETURN QUERY SELECT 'done', 0::bigint, 0, 0::bigint, 0::bigint;
  END IF;
END
$prune$;

-- Looks at 'p_chunk' events after 'p_after'. 'next': the next 'p_after'; null when all old events were looked at, or when
-- another node is pruning.
CREATE FUNCTION {{schema}}.prune(
  p_after bigint, p_accepted_before bigint, p_chunk integer, OUT removed integer, OUT next bigint
) LANGUAGE plpgsql
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $prune$
DECLARE
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
  PERFORM FROM {{schema}}.counters c WHERE c.name = 'shares' FOR UPDATE;
  SELECT count(*) FILTER (WHERE c.accepted_at < p_accepted_before OR c.accepted_at > present),
    max(c."offset") FILTER (WHERE c.accepted_at < p_accepted_before), max(c."offset")
  INTO passed, last_old, last_passed FROM (
    SELECT e."offset", e.accepted_at FROM {{schema}}.events e
    WHERE e."offset" > p_after ORDER BY e."offset" LIMIT p_chunk
  ) c;
  WITH gone AS (
    DELETE FROM {{schema}}.events e
    WHERE e."offset" > p_after AND e."offset" <= last_old AND e.accepted_at < p_accepted_before
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
  PERFORM FROM {{schema}}.counters c WHERE c.name = 'shares' FOR UPDATE;
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
