-- Events after 'p_after' and up to 'p_up_to' that have pending deliveries in 'p_partitions', with the queues of these: as
-- many as 'p_limit', and up to the one that reaches 'p_max_bytes'. 'ahead': the characters of those before it.
CREATE FUNCTION {{schema}}.new_deliveries(
  p_after bigint, p_up_to bigint, p_partitions smallint[], p_limit integer, p_max_bytes bigint
) RETURNS TABLE (
  "offset" bigint, instance_key bigint, id text, instance text, event text, flags integer, accepted_at bigint, envelope text,
  extra text, data text, size integer, queues text[], ahead bigint
) LANGUAGE plpgsql STABLE
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
  SET plan_cache_mode = force_generic_plan
AS $new$
#variable_conflict use_column
BEGIN
  RETURN QUERY
    SELECT * FROM (
      SELECT e."offset", e.instance_key, e.id, e.instance, e.event, e.flags, e.accepted_at, e.envelope, e.extra, e.data,
        e.size, n.queues, sum(e.size) OVER (ORDER BY e."offset") - e.size AS ahead
      FROM (
        SELECT d."offset", array_agg(q.name) AS queues
        FROM {{schema}}.deliveries d JOIN {{schema}}.queues q ON q.key = d.queue_key
        -- The sum keeps the planner from the primary key: however much is pending, few of it is new.
        WHERE d."offset" > p_after AND d."offset" <= p_up_to AND d.partition + 0 = ANY (p_partitions)
        GROUP BY d."offset" ORDER BY d."offset" LIMIT p_limit
      ) n JOIN {{schema}}.events e ON e."offset" = n."offset"
    ) p WHERE p.ahead < p_max_bytes ORDER BY p."offset";
END
$new$;
