-- Events that were accepted before the clock was set back seem to be from the future: they are passed over, so that old
-- events behind them are found.
--
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
    RETURNING e."offset", e.size
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
