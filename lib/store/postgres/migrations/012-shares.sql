-- Removes deliveries that were read in an epoch, and counts by instance those that were pending. 'p_queue': for each the number
-- of its queue in 'p_queues'. `acknowledge` stays, for nodes of the release before.
CREATE FUNCTION {{schema}}.acknowledge_each(
  p_epoch text, p_queues text[], p_queue integer[], p_instance_keys bigint[], p_offsets bigint[]
) RETURNS TABLE (instance_key bigint, removed bigint) LANGUAGE plpgsql
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
  SET plan_cache_mode = force_generic_plan
AS $acknowledge$
#variable_conflict use_column
DECLARE
  queue_keys integer[];
BEGIN
  SELECT array_agg(q.key ORDER BY n.place) INTO queue_keys
  FROM unnest(p_queues) WITH ORDINALITY n(name, place) LEFT JOIN {{schema}}.queues q ON q.name = n.name;
  RETURN QUERY
    -- One statement sees the epoch and the deliveries of the same moment.
    WITH gone AS (
      DELETE FROM {{schema}}.deliveries d
      USING unnest(p_queue, p_instance_keys, p_offsets) a(queue, instance_key, "offset")
      WHERE d.partition = {{schema}}.partition_of(a.instance_key) AND d.instance_key = a.instance_key
      AND d.queue_key = queue_keys[a.queue] AND d."offset" = a."offset"
      AND a."offset" <= (SELECT c.up_to FROM {{schema}}.common_with(p_epoch) c)
      RETURNING d.instance_key
    )
    SELECT g.instance_key, count(*) FROM gone g GROUP BY g.instance_key;
END
$acknowledge$;
