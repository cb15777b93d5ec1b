CREATE INDEX redriven_by_time ON {{schema}}.redriven (redriven_at);

-- As in 015, but forgets a thousand at most, each time. One that is still pending is looked at again a day later, so that it does not
-- keep others from being forgotten.
CREATE OR REPLACE FUNCTION {{schema}}.redrive(
  p_after bigint, p_up_to bigint, p_limit integer, p_ids bigint[], p_instance text, p_queue text, p_reason text
) RETURNS TABLE (
  id bigint, queue text, instance_key bigint, "offset" bigint, instance text, event text, event_id text,
  reason text, message text, attempts integer, died_at bigint, tries integer, first_died_at bigint
) LANGUAGE plpgsql AS $redrive$
#variable_conflict use_column
DECLARE
  version bigint;
  present bigint := {{schema}}.now_ms();
BEGIN
  UPDATE {{schema}}.counters c SET value = c.value + 1 WHERE c.name = 'redrives' RETURNING c.value INTO version;
  WITH old AS (
    SELECT r.id, EXISTS (
      SELECT FROM {{schema}}.deliveries d
      WHERE d.partition = {{schema}}.partition_of(r.instance_key) AND d.instance_key = r.instance_key
      AND d.queue_key = r.queue_key AND d."offset" = r."offset"
    ) AS pending
    FROM {{schema}}.redriven r WHERE r.redriven_at < present - 86400000 ORDER BY r.redriven_at LIMIT 1000
  ), kept AS (
    UPDATE {{schema}}.redriven r SET redriven_at = present FROM old o WHERE r.id = o.id AND o.pending
  )
  DELETE FROM {{schema}}.redriven r USING old o WHERE r.id = o.id AND NOT o.pending;
  RETURN QUERY
    WITH gone AS (
      SELECT * FROM {{schema}}.discard(p_after, p_up_to, p_limit, p_ids, p_instance, p_queue, p_reason)
    ), back AS (
      INSERT INTO {{schema}}.deliveries (partition, instance_key, queue_key, "offset", redrive)
      SELECT {{schema}}.partition_of(g.instance_key), g.instance_key, q.key, g."offset", version
      FROM gone g JOIN {{schema}}.queues q ON q.name = g.queue
    ), noted AS (
      INSERT INTO {{schema}}.redriven AS r (id, queue_key, instance_key, "offset", tries, first_died_at, redriven_at)
      SELECT g.id, q.key, g.instance_key, g."offset", g.tries, g.first_died_at, present
      FROM gone g JOIN {{schema}}.queues q ON q.name = g.queue
    )
    SELECT * FROM gone;
  PERFORM pg_notify('{{schema}}', 'redrives ' || version);
END
$redrive$;
