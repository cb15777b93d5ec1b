-- A node may hold deliveries of an epoch in memory that the log has lost: their offsets are those of other events now.

-- What the log has in common with the one that had this id: 'up_to' is the last offset at which both have the same event, 0 if
-- there is none, NULL if the log has never had that id.
CREATE FUNCTION {{schema}}.common_with(p_id text, OUT id text, OUT up_to bigint) LANGUAGE sql STABLE AS $common$
  SELECT l.id, CASE WHEN l.id = p_id THEN l.last_offset ELSE (
    SELECT e.first_offset - 1 FROM {{schema}}.epochs e
    WHERE e.number > (SELECT o.number FROM {{schema}}.epochs o WHERE o.id = p_id) ORDER BY e.number LIMIT 1
  ) END
  FROM {{schema}}.log l
$common$;

-- The epoch of the log; begins one at its end if the database is at another place than before.
CREATE FUNCTION {{schema}}.epoch_here(OUT epoch text) LANGUAGE plpgsql AS $here$
BEGIN
  PERFORM pg_advisory_xact_lock({{lock_space}}, 1000);
  SELECT {{schema}}.epoch_after(l.last_offset) INTO epoch FROM {{schema}}.log l;
END
$here$;

DROP FUNCTION {{schema}}.acknowledge;
-- Removes deliveries that were read in an epoch. 'p_queue': for each the number of its queue in 'p_queues'. 'removed': number
-- of those that were pending.
CREATE FUNCTION {{schema}}.acknowledge(
  p_epoch text, p_queues text[], p_queue integer[], p_instance_keys bigint[], p_offsets bigint[], OUT removed bigint
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
  -- One statement sees the epoch and the deliveries of the same moment.
  DELETE FROM {{schema}}.deliveries d
  USING unnest(p_queue, p_instance_keys, p_offsets) a(queue, instance_key, "offset")
  WHERE d.partition = {{schema}}.partition_of(a.instance_key) AND d.instance_key = a.instance_key
  AND d.queue_key = queue_keys[a.queue] AND d."offset" = a."offset"
  AND a."offset" <= (SELECT c.up_to FROM {{schema}}.common_with(p_epoch) c);
  GET DIAGNOSTICS removed = ROW_COUNT;
END
$acknowledge$;
