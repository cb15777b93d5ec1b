-- Plans of appends and acknowledgements are made once for each connection, for any arguments: planning took longer than
-- appending one event. The other settings hold them to indexes, so that they stay good when tables grow.
ALTER FUNCTION {{schema}}.append SET plan_cache_mode = force_generic_plan;

-- Removes deliveries. 'p_queue': for each the number of its queue in 'p_queues'. 'removed': number of those that were pending.
CREATE FUNCTION {{schema}}.acknowledge(
  p_queues text[], p_queue integer[], p_instance_keys bigint[], p_offsets bigint[], OUT removed bigint
) LANGUAGE plpgsql
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
  SET plan_cache_mode = force_generic_plan
AS $acknowledge$
#variable_conflict use_column
DECLARE
  queue_keys integer[];
BEGIN
  SELECT array_agg(q.key ORDER BY n.place) INTO queue_keys
  FROM unnest(p_queues) WITH ORDINALITY n(name, place) LEFT JOIN {{schema}}.queues q ON q.name = n.name;
  DELETE FROM {{schema}}.deliveries d
  USING unnest(p_queue, p_instance_keys, p_offsets) a(queue, instance_key, "offset")
  WHERE d.partition = {{schema}}.partition_of(a.instance_key) AND d.instance_key = a.instance_key
  AND d.queue_key = queue_keys[a.queue] AND d."offset" = a."offset";
  GET DIAGNOSTICS removed = ROW_COUNT;
END
$acknowledge$;
