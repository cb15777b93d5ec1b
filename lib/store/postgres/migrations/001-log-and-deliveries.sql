-- What all nodes must see in one order is counted in a row that each writer locks until its commit: offsets in `log`,
-- changes of instances and redrives in `counters`. So a reader that asks for what is above a number never skips any.
-- Each write is a function, thus one round trip, and no transaction stays open while a node is away.
-- Text compares as bytes (`C`): nothing here is sorted for people, and no upgrade of the system's locales breaks an index.
-- Plans outlive the table sizes that they were made for: functions that look into a large table are held to its indexes.
-- The planner then takes a scan of a one-row table for so expensive that it would compile the query: `jit = off`.
-- The second numbers of advisory locks are those of locks.ts.

CREATE TABLE {{schema}}.log (
  last_offset bigint NOT NULL DEFAULT 0,
  pruned_to bigint NOT NULL DEFAULT 0,
  bytes bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 20);
INSERT INTO {{schema}}.log DEFAULT VALUES;

CREATE TABLE {{schema}}.counters (
  name text COLLATE "C" PRIMARY KEY,
  value bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 20);
INSERT INTO {{schema}}.counters VALUES ('directory'), ('redrives'), ('checks');

CREATE TABLE {{schema}}.instances (
  key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  version bigint NOT NULL,
  id text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL CONSTRAINT instances_name UNIQUE,
  token_hash bytea CONSTRAINT instances_token UNIQUE,
  integration text,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  selections json NOT NULL DEFAULT '{}'
);
CREATE INDEX instances_by_version ON {{schema}}.instances (version);

-- For nodes that do not know of a removal yet. A row is two numbers, so rows are kept.
CREATE TABLE {{schema}}.removed_instances (
  version bigint PRIMARY KEY,
  key bigint NOT NULL
);

CREATE TABLE {{schema}}.events (
  "offset" bigint PRIMARY KEY,
  instance_key bigint NOT NULL,
  accepted_at bigint NOT NULL,
  flags integer NOT NULL,
  size integer NOT NULL,
  id text COLLATE "C" NOT NULL,
  instance text COLLATE "C" NOT NULL,
  event text COLLATE "C" NOT NULL,
  envelope text NOT NULL,
  extra text NOT NULL,
  data text NOT NULL
);
CREATE UNIQUE INDEX events_by_id ON {{schema}}.events (instance_key, id);
CREATE INDEX events_by_instance ON {{schema}}.events (instance_key, "offset");

CREATE TABLE {{schema}}.queues (
  key integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE
);

CREATE TABLE {{schema}}.deliveries (
  partition smallint NOT NULL,
  instance_key bigint NOT NULL,
  queue_key integer NOT NULL,
  "offset" bigint NOT NULL,
  redrive bigint,
  PRIMARY KEY (partition, instance_key, queue_key, "offset")
);
CREATE INDEX deliveries_by_offset ON {{schema}}.deliveries ("offset");
CREATE INDEX deliveries_redriven ON {{schema}}.deliveries (redrive) WHERE redrive IS NOT NULL;

CREATE TABLE {{schema}}.dead_letters (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  queue_key integer NOT NULL,
  instance_key bigint NOT NULL,
  "offset" bigint NOT NULL,
  reason text NOT NULL,
  message text NOT NULL,
  attempts integer NOT NULL,
  died_at bigint NOT NULL
);
CREATE INDEX dead_letters_by_offset ON {{schema}}.dead_letters ("offset");

-- Milliseconds by the clock that all nodes share.
CREATE FUNCTION {{schema}}.now_ms() RETURNS bigint LANGUAGE sql VOLATILE
  RETURN floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint;

-- The same as partitionOf in partitions.ts.
CREATE FUNCTION {{schema}}.partition_of(key bigint) RETURNS smallint LANGUAGE sql IMMUTABLE
  RETURN ((((key & 4294967295) * 1640531527) >> 24) & 255)::smallint;

-- 'p_directory': the version of the directory by which the events were planned. If one of their instances was changed
-- or removed since, nothing is written, and 'before' is null.
-- 'p_instance': for each event the number of its name in 'p_names'. 'p_delivery_event', 'p_delivery_queue': for each
-- delivery the number of its event, and of its queue in 'p_queues'.
-- 'known': for each event the offset of an earlier one with its id in its instance, or 0 if there was none. Those new
-- events have the offsets from 'before' + 1 on, in their order.
CREATE FUNCTION {{schema}}.append(
  p_directory bigint,
  p_names text[], p_instance integer[], p_ids text[], p_events text[], p_flags integer[], p_sizes integer[],
  p_envelopes text[], p_extras text[], p_data text[],
  p_queues text[], p_delivery_event integer[], p_delivery_queue integer[],
  OUT before bigint, OUT accepted_at bigint, OUT directory bigint, OUT keys bigint[], OUT known bigint[]
) LANGUAGE plpgsql
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
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
  PERFORM pg_notify('{{schema}}', 'log ' || before + fresh);
END
$append$;

-- Updates the record 'p_key' if it is still in its version 'p_version', or inserts one if 'p_key' is null and no record
-- has its name; otherwise 'key' is null.
CREATE FUNCTION {{schema}}.write_instance(
  p_key bigint, p_version bigint, p_id text, p_name text, p_token_hash bytea, p_integration text,
  p_created_at bigint, p_updated_at bigint, p_selections json, OUT key bigint
) LANGUAGE plpgsql AS $write$
#variable_conflict use_column
DECLARE
  directory bigint;
BEGIN
  UPDATE {{schema}}.counters c SET value = c.value + 1 WHERE c.name = 'directory' RETURNING c.value INTO directory;
  IF p_key IS NULL THEN
    INSERT INTO {{schema}}.instances AS i
      (version, id, name, token_hash, integration, created_at, updated_at, selections)
    VALUES (directory, p_id, p_name, p_token_hash, p_integration, p_created_at, p_updated_at, p_selections)
    ON CONFLICT (name) DO NOTHING RETURNING i.key INTO key;
  ELSE
    UPDATE {{schema}}.instances i SET version = directory, token_hash = p_token_hash, integration = p_integration,
      updated_at = p_updated_at, selections = p_selections
    WHERE i.key = p_key AND i.version = p_version RETURNING i.key INTO key;
  END IF;
  PERFORM pg_notify('{{schema}}', 'directory ' || directory);
END
$write$;

CREATE FUNCTION {{schema}}.remove_instance(p_key bigint, OUT removed boolean) LANGUAGE plpgsql AS $remove$
DECLARE
  directory bigint;
BEGIN
  UPDATE {{schema}}.counters c SET value = c.value + 1 WHERE c.name = 'directory' RETURNING c.value INTO directory;
  DELETE FROM {{schema}}.instances i WHERE i.key = p_key;
  removed := FOUND;
  IF removed THEN
    INSERT INTO {{schema}}.removed_instances VALUES (directory, p_key);
    PERFORM pg_notify('{{schema}}', 'directory ' || directory);
  END IF;
END
$remove$;

CREATE FUNCTION {{schema}}.dead_letter_page(
  p_after bigint, p_up_to bigint, p_limit integer, p_ids bigint[], p_instance text, p_queue text, p_reason text
) RETURNS TABLE (
  id bigint, queue text, instance_key bigint, "offset" bigint, instance text, event text, event_id text,
  reason text, message text, attempts integer, died_at bigint
) LANGUAGE sql STABLE AS $page$
  SELECT d.id, q.name, d.instance_key, d."offset", e.instance, e.event, e.id, d.reason, d.message, d.attempts, d.died_at
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
  reason text, message text, attempts integer, died_at bigint
) LANGUAGE sql AS $discard$
  WITH gone AS (
    DELETE FROM {{schema}}.dead_letters d
    USING {{schema}}.dead_letter_page(p_after, p_up_to, p_limit, p_ids, p_instance, p_queue, p_reason) p
    WHERE d.id = p.id RETURNING p.*
  )
  SELECT * FROM gone ORDER BY id
$discard$;

CREATE FUNCTION {{schema}}.redrive(
  p_after bigint, p_up_to bigint, p_limit integer, p_ids bigint[], p_instance text, p_queue text, p_reason text
) RETURNS TABLE (
  id bigint, queue text, instance_key bigint, "offset" bigint, instance text, event text, event_id text,
  reason text, message text, attempts integer, died_at bigint
) LANGUAGE plpgsql AS $redrive$
#variable_conflict use_column
DECLARE
  version bigint;
BEGIN
  UPDATE {{schema}}.counters c SET value = c.value + 1 WHERE c.name = 'redrives' RETURNING c.value INTO version;
  RETURN QUERY
    WITH gone AS (
      SELECT * FROM {{schema}}.discard(p_after, p_up_to, p_limit, p_ids, p_instance, p_queue, p_reason)
    ), back AS (
      INSERT INTO {{schema}}.deliveries (partition, instance_key, queue_key, "offset", redrive)
      SELECT {{schema}}.partition_of(g.instance_key), g.instance_key, q.key, g."offset", version
      FROM gone g JOIN {{schema}}.queues q ON q.name = g.queue
    )
    SELECT * FROM gone;
  PERFORM pg_notify('{{schema}}', 'redrives ' || version);
END
$redrive$;

-- Looks at 'p_chunk' events after 'p_after'. 'next': the next 'p_after'; null when all old events were looked at, or when
-- another node is pruning.
CREATE FUNCTION {{schema}}.prune(
  p_after bigint, p_accepted_before bigint, p_max_bytes bigint, p_chunk integer, OUT removed integer, OUT next bigint
) LANGUAGE plpgsql
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $prune$
DECLARE
  horizon bigint := p_accepted_before;
  old integer;
  last_old bigint;
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
  SELECT count(*), max(c."offset") INTO old, last_old FROM (
    SELECT e."offset", e.accepted_at FROM {{schema}}.events e
    WHERE e."offset" > p_after ORDER BY e."offset" LIMIT p_chunk
  ) c WHERE c.accepted_at < horizon;
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
  IF old = p_chunk THEN
    next := last_old;
  END IF;
END
$prune$;
