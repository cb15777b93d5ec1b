-- How often a dead letter was tried, and when it was given up first; null: at 'died_at'.
ALTER TABLE {{schema}}.dead_letters ADD COLUMN tries integer NOT NULL DEFAULT 1, ADD COLUMN first_died_at bigint;

-- Dead letters that were redriven: they are sent, pending, or dead letters again under the same id, which removes the row.
CREATE TABLE {{schema}}.redriven (
  id bigint PRIMARY KEY,
  queue_key integer NOT NULL,
  instance_key bigint NOT NULL,
  "offset" bigint NOT NULL,
  tries integer NOT NULL,
  first_died_at bigint NOT NULL,
  redriven_at bigint NOT NULL
);
CREATE INDEX redriven_by_offset ON {{schema}}.redriven ("offset");

DROP FUNCTION {{schema}}.redrive;
DROP FUNCTION {{schema}}.discard;
DROP FUNCTION {{schema}}.dead_letter_page;

CREATE FUNCTION {{schema}}.dead_letter_page(
  p_after bigint, p_up_to bigint, p_limit integer, p_ids bigint[], p_instance text, p_queue text, p_reason text
) RETURNS TABLE (
  id bigint, queue text, instance_key bigint, "offset" bigint, instance text, event text, event_id text,
  reason text, message text, attempts integer, died_at bigint, tries integer, first_died_at bigint
) LANGUAGE sql STABLE AS $page$
  SELECT d.id, q.name, d.instance_key, d."offset", e.instance, e.event, e.id, d.reason, d.message, d.attempts, d.died_at,
    d.tries, coalesce(d.first_died_at, d.died_at)
  FROM {{schema}}.dead_letters d
  JOIN {{schema}}.events e ON e."offset" = d."offset"
  JOIN {{schema}}.queues q ON q.key = d.queue_key
  WHERE d.id > p_after AND d.id <= p_up_to
  AND (p_ids IS NULL OR d.id = ANY (p_ids))
  AND (p_instance IS NULL OR e.instance = p_instance)
  AND (p_queue IS NULL OR q.name = p_queue)
  AND (p_reason IS NULL OR d.reason = p_reason)
  ORDER BY d.id LIMIT p_limit
$page$;

CREATE FUNCTION {{schema}}.discard(
  p_after bigint, p_up_to bigint, p_limit integer, p_ids bigint[], p_instance text, p_queue text, p_reason text
) RETURNS TABLE (
  id bigint, queue text, instance_key bigint, "offset" bigint, instance text, event text, event_id text,
  reason text, message text, attempts integer, died_at bigint, tries integer, first_died_at bigint
) LANGUAGE sql AS $discard$
  WITH gone AS (
    DELETE FROM {{schema}}.dead_letters d
    USING {{schema}}.dead_letter_page(p_after, p_up_to, p_limit, p_ids, p_instance, p_queue, p_reason) p
    WHERE d.id = p.id RETURNING p.*
  )
  SELECT * FROM gone ORDER BY id
$discard$;

-- Forgets what was redriven and sent more than a day ago.
CREATE FUNCTION {{schema}}.redrive(
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
  DELETE FROM {{schema}}.redriven r WHERE r.redriven_at < present - 86400000 AND NOT EXISTS (
    SELECT FROM {{schema}}.deliveries d
    WHERE d."offset" = r."offset" AND d.queue_key = r.queue_key AND d.instance_key = r.instance_key
  );
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

-- Turns a pending delivery into a dead letter; one that was redriven has its id again. 'buried': 0 if it was not pending.
CREATE FUNCTION {{schema}}.bury(
  p_epoch text, p_queue text, p_instance_key bigint, p_offset bigint, p_reason text, p_message text, p_attempts integer,
  OUT buried bigint
) LANGUAGE sql AS $bury$
  WITH gone AS (
    DELETE FROM {{schema}}.deliveries d
    WHERE d.partition = {{schema}}.partition_of(p_instance_key) AND d.instance_key = p_instance_key
    AND d."offset" = p_offset AND d.queue_key = (SELECT q.key FROM {{schema}}.queues q WHERE q.name = p_queue)
    AND d."offset" <= (SELECT c.up_to FROM {{schema}}.common_with(p_epoch) c)
    RETURNING d.queue_key, d.instance_key, d."offset"
  ), before AS (
    DELETE FROM {{schema}}.redriven r USING gone g
    WHERE r."offset" = g."offset" AND r.queue_key = g.queue_key AND r.instance_key = g.instance_key
    RETURNING r.*
  ), again AS (
    INSERT INTO {{schema}}.dead_letters
      (id, queue_key, instance_key, "offset", reason, message, attempts, died_at, tries, first_died_at)
    OVERRIDING SYSTEM VALUE
    SELECT b.id, b.queue_key, b.instance_key, b."offset", p_reason, p_message, p_attempts, {{schema}}.now_ms(),
      b.tries + 1, b.first_died_at
    FROM before b
  ), first AS (
    INSERT INTO {{schema}}.dead_letters (queue_key, instance_key, "offset", reason, message, attempts, died_at)
    SELECT g.*, p_reason, p_message, p_attempts, {{schema}}.now_ms() FROM gone g WHERE NOT EXISTS (SELECT FROM before)
  )
  SELECT count(*) FROM gone
$bury$;
