-- Replaces events of one instance by what is left of them once they are erased: the arguments have one element for each. Returns a
-- row for each that was not erased before.
-- Like 'prune' it locks many events, and like 'redrive' it has lanes read again from their beginning. Deliveries that are locked are
-- being acknowledged or buried: waiting for them could be a deadlock.
CREATE FUNCTION {{schema}}.erase(
  p_instance_key bigint, p_offsets bigint[], p_ids text[], p_flags integer[], p_sizes integer[], p_envelopes text[], p_extras text[],
  p_data text
) RETURNS TABLE ("offset" bigint, pending bigint, dead_letters bigint) LANGUAGE plpgsql
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $erase$
#variable_conflict use_column
DECLARE
  erased bigint[];
  freed bigint;
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
  SELECT array_agg(b."offset"), sum(b.freed) INTO erased, freed FROM blanked b;
  IF erased IS NULL THEN
    RETURN;
  END IF;
  UPDATE {{schema}}.counters c SET value = c.value + 1 WHERE c.name = 'redrives' RETURNING c.value INTO version;
  UPDATE {{schema}}.deliveries d SET redrive = version
  WHERE d.ctid = ANY (ARRAY(
    SELECT l.ctid FROM {{schema}}.deliveries l WHERE l."offset" = ANY (erased) FOR UPDATE SKIP LOCKED
  ));
  UPDATE {{schema}}.log l SET bytes = l.bytes - freed;
  PERFORM pg_notify('{{schema}}', 'redrives ' || version);
  PERFORM pg_notify('{{schema}}', 'erased');
  RETURN QUERY
    SELECT o, (SELECT count(*) FROM {{schema}}.deliveries d WHERE d."offset" = o),
      (SELECT count(*) FROM {{schema}}.dead_letters d WHERE d."offset" = o)
    FROM unnest(erased) o;
END
$erase$;
