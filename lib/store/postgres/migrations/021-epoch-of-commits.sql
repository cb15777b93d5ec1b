-- The notification of a commit names the epoch of its events: a node that does not know it yet must not count their offsets as those
-- of the one before.
--
-- The arguments are those of 006.
CREATE OR REPLACE FUNCTION {{schema}}.append(
  p_directory bigint,
  p_names text[], p_instance integer[], p_ids text[], p_events text[], p_flags integer[], p_sizes integer[],
  p_envelopes text[], p_extras text[], p_data text[],
  p_queues text[], p_delivery_event integer[], p_delivery_queue integer[],
  OUT before bigint, OUT accepted_at bigint, OUT directory bigint, OUT keys bigint[], OUT known bigint[]
) LANGUAGE plpgsql
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
  SET plan_cache_mode = force_generic_plan
AS $append$
#variable_conflict use_column
DECLARE
  fresh integer;
  stale boolean;
  places bigint[];
  queue_keys integer[];
BEGIN
  PERFORM pg_advisory_xact_lock({{lock_space}}, 1000);

  SELECT array_agg(i.key ORDER BY n.place), bool_or(i.version > p_directory) INTO keys, stale
  FROM unnest(p_names) WITH ORDINALITY n(name, place) LEFT JOIN {{schema}}.instances i ON i.name = n.name;
  IF stale OR array_position(keys, NULL) IS NOT NULL
    AND EXISTS (SELECT FROM {{schema}}.removed_instances r WHERE r.version > p_directory) THEN
    SELECT c.value INTO directory FROM {{schema}}.counters c WHERE c.name = 'directory';
    RETURN;
  END IF;
  IF array_position(keys, NULL) IS NOT NULL THEN
    -- Every change of an instance locks this row: names that are missing now stay missing.
    UPDATE {{schema}}.counters c SET value = c.value + 1 WHERE c.name = 'directory' RETURNING c.value INTO directory;
    INSERT INTO {{schema}}.instances (version, id, name, created_at, updated_at)
    SELECT append.directory, gen_random_uuid()::text, n.name, {{schema}}.now_ms(), {{schema}}.now_ms()
    FROM unnest(p_names) n(name) WHERE NOT EXISTS (SELECT FROM {{schema}}.instances i WHERE i.name = n.name);
    SELECT array_agg(i.key ORDER BY n.place) INTO keys
    FROM unnest(p_names) WITH ORDINALITY n(name, place) LEFT JOIN {{schema}}.instances i ON i.name = n.name;
    PERFORM pg_notify('{{schema}}', 'directory ' || directory);
  ELSE
    SELECT c.value INTO directory FROM {{schema}}.counters c WHERE c.name = 'directory';
  END IF;

  SELECT array_agg(coalesce(e."offset", 0) ORDER BY u.place), count(*) FILTER (WHERE e."offset" IS NULL)
  INTO known, fresh
  FROM unnest(p_ids, p_instance) WITH ORDINALITY u(id, instance, place)
  LEFT JOIN {{schema}}.events e ON e.instance_key = keys[u.instance] AND e.id = u.id;

  accepted_at := {{schema}}.now_ms();
  SELECT l.last_offset INTO before FROM {{schema}}.log l;
  IF fresh = 0 THEN
    RETURN;
  END IF;

  SELECT array_agg(append.before + u.nth ORDER BY u.place) INTO places
  FROM (
    SELECT f.place, count(*) FILTER (WHERE f."offset" = 0) OVER (ORDER BY f.place) AS nth
    FROM unnest(known) WITH ORDINALITY f("offset", place)
  ) u;
  INSERT INTO {{schema}}.events
    ("offset", instance_key, accepted_at, flags, size, id, instance, event, envelope, extra, data)
  SELECT u."offset", keys[u.instance], append.accepted_at, u.flags, u.size, u.id, p_names[u.instance],
    u.event, u.envelope, u.extra, u.data
  FROM unnest(known, places, p_instance, p_ids, p_events, p_flags, p_sizes, p_envelopes, p_extras, p_data)
    u(known, "offset", instance, id, event, flags, size, envelope, extra, data)
  WHERE u.known = 0;

  IF cardinality(p_delivery_event) > 0 THEN
    INSERT INTO {{schema}}.queues (name)
    SELECT n.name FROM unnest(p_queues) n(name)
    WHERE NOT EXISTS (SELECT FROM {{schema}}.queues q WHERE q.name = n.name);
    SELECT array_agg(q.key ORDER BY n.place) INTO queue_keys
    FROM unnest(p_queues) WITH ORDINALITY n(name, place) JOIN {{schema}}.queues q ON q.name = n.name;
    INSERT INTO {{schema}}.deliveries (partition, instance_key, queue_key, "offset")
    SELECT {{schema}}.partition_of(keys[p_instance[d.event]]), keys[p_instance[d.event]],
      queue_keys[d.queue], places[d.event]
    FROM unnest(p_delivery_event, p_delivery_queue) d(event, queue) WHERE known[d.event] = 0;
  END IF;

  -- 256 bytes are a guess of what the row itself and its index entries take.
  UPDATE {{schema}}.log l SET last_offset = l.last_offset + fresh, bytes = l.bytes + (
    SELECT sum(u.size + 256) FROM unnest(known, p_sizes) u(known, size) WHERE u.known = 0
  );
  PERFORM pg_notify('{{schema}}', concat_ws(' ', 'log', before + fresh, before, coalesce((
    SELECT string_agg(DISTINCT {{schema}}.partition_of(keys[p_instance[d.event]])::text, ',')
    FROM unnest(p_delivery_event) d(event) WHERE known[d.event] = 0
  ), ''), {{schema}}.epoch_after(before)));
END
$append$;
