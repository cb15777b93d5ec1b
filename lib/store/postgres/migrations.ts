import { LOCKS, lockSpace } from './locks.ts'

/** How long a check waits for a lock. */
const CHECK_LOCK_MS = 2_000

/**
 * The PostgreSQL schema, step by step: entry n brings version n to n + 1. Entries are never edited once released.
 *
 * Whatever must be seen in one order by all nodes is counted in one row that each writer locks until its commit: offsets
 * in `log`, changes of instances and redrives in `counters`. So a reader that asks for what is above a number never skips.
 * Functions make each write one statement: one round trip, and no transaction stays open while a node is away.
 * Past 300 lines, since an entry is one piece. Text compares as bytes (`C`): nothing here is sorted for people, and no upgrade of the system's locales breaks an index.
 */
export function postgresMigrations(schema: string): readonly string[] {
  const page =
    'p_after bigint, p_up_to bigint, p_limit integer, p_ids bigint[], p_instance text, p_queue text, p_reason text'
  const deadLetter = `id bigint, queue text, instance_key bigint, "offset" bigint, instance text, event text, event_id text,
      reason text, message text, attempts integer, died_at bigint`
  const space = lockSpace(schema)
  const notify = (kind: string, number: string) => `PERFORM pg_notify('${schema}', '${kind} ' || ${number});`
  // Plans outlive the table sizes they were made for: what looks into a large table is held to its index. To the planner
  // that makes a scan of a one-row table cost so much that it would compile the query first.
  const byIndex = 'SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off'
  return [
    `
    CREATE TABLE ${schema}.log (
      last_offset bigint NOT NULL DEFAULT 0,
      pruned_to bigint NOT NULL DEFAULT 0,
      bytes bigint NOT NULL DEFAULT 0
    ) WITH (fillfactor = 20);
    INSERT INTO ${schema}.log DEFAULT VALUES;

    CREATE TABLE ${schema}.counters (
      name text COLLATE "C" PRIMARY KEY,
      value bigint NOT NULL DEFAULT 0
    ) WITH (fillfactor = 20);
    INSERT INTO ${schema}.counters VALUES ('directory'), ('redrives'), ('checks');

    CREATE TABLE ${schema}.instances (
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
    CREATE INDEX instances_by_version ON ${schema}.instances (version);

    -- For nodes that have yet to hear of it. Two numbers each, so they stay.
    CREATE TABLE ${schema}.removed_instances (
      version bigint PRIMARY KEY,
      key bigint NOT NULL
    );

    CREATE TABLE ${schema}.events (
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
    CREATE UNIQUE INDEX events_by_id ON ${schema}.events (instance_key, id);
    CREATE INDEX events_by_instance ON ${schema}.events (instance_key, "offset");

    CREATE TABLE ${schema}.queues (
      key integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      name text COLLATE "C" NOT NULL UNIQUE
    );

    CREATE TABLE ${schema}.deliveries (
      partition smallint NOT NULL,
      instance_key bigint NOT NULL,
      queue_key integer NOT NULL,
      "offset" bigint NOT NULL,
      redrive bigint,
      PRIMARY KEY (partition, instance_key, queue_key, "offset")
    );
    CREATE INDEX deliveries_by_offset ON ${schema}.deliveries ("offset");
    CREATE INDEX deliveries_redriven ON ${schema}.deliveries (redrive) WHERE redrive IS NOT NULL;

    CREATE TABLE ${schema}.dead_letters (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      queue_key integer NOT NULL,
      instance_key bigint NOT NULL,
      "offset" bigint NOT NULL,
      reason text NOT NULL,
      message text NOT NULL,
      attempts integer NOT NULL,
      died_at bigint NOT NULL
    );
    CREATE INDEX dead_letters_by_offset ON ${schema}.dead_letters ("offset");

    -- Milliseconds by the clock that all nodes share.
    CREATE FUNCTION ${schema}.now_ms() RETURNS bigint LANGUAGE sql VOLATILE
      RETURN floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint;

    -- partitions.ts says the same.
    CREATE FUNCTION ${schema}.partition_of(key bigint) RETURNS smallint LANGUAGE sql IMMUTABLE
      RETURN ((((key & 4294967295) * 1640531527) >> 24) & 255)::smallint;

    -- 'p_directory': by which version of the directory this was planned. If one of the instances was changed or removed
    -- since, nothing is written, and 'before' comes back null.
    -- 'p_instance': which of the names an event belongs to. Deliveries: of which event, into which of the queues.
    -- 'known' has the offset of an event whose id its instance has already, 0 for one that was new. The new ones are at
    -- 'before' + 1 and so on, in their order.
    CREATE FUNCTION ${schema}.append(
      p_directory bigint,
      p_names text[], p_instance integer[], p_ids text[], p_events text[], p_flags integer[], p_sizes integer[],
      p_envelopes text[], p_extras text[], p_data text[],
      p_queues text[], p_delivery_event integer[], p_delivery_queue integer[],
      OUT before bigint, OUT accepted_at bigint, OUT directory bigint, OUT keys bigint[], OUT known bigint[]
    ) LANGUAGE plpgsql ${byIndex} AS $append$
    #variable_conflict use_column
    DECLARE
      fresh integer;
      stale boolean;
      places bigint[];
      queue_keys integer[];
    BEGIN
      PERFORM pg_advisory_xact_lock(${space}, ${LOCKS.append});

      SELECT array_agg(i.key ORDER BY n.place), bool_or(i.version > p_directory) INTO keys, stale
      FROM unnest(p_names) WITH ORDINALITY n(name, place) LEFT JOIN ${schema}.instances i ON i.name = n.name;
      IF stale OR array_position(keys, NULL) IS NOT NULL
        AND EXISTS (SELECT FROM ${schema}.removed_instances r WHERE r.version > p_directory) THEN
        SELECT c.value INTO directory FROM ${schema}.counters c WHERE c.name = 'directory';
        RETURN;
      END IF;
      IF array_position(keys, NULL) IS NOT NULL THEN
        -- Whoever changes instances holds this row: what is missing now stays missing.
        UPDATE ${schema}.counters c SET value = c.value + 1 WHERE c.name = 'directory' RETURNING c.value INTO directory;
        INSERT INTO ${schema}.instances (version, id, name, created_at, updated_at)
        SELECT append.directory, gen_random_uuid()::text, n.name, ${schema}.now_ms(), ${schema}.now_ms()
        FROM unnest(p_names) n(name) WHERE NOT EXISTS (SELECT FROM ${schema}.instances i WHERE i.name = n.name);
        SELECT array_agg(i.key ORDER BY n.place) INTO keys
        FROM unnest(p_names) WITH ORDINALITY n(name, place) LEFT JOIN ${schema}.instances i ON i.name = n.name;
        ${notify('directory', 'directory')}
      ELSE
        SELECT c.value INTO directory FROM ${schema}.counters c WHERE c.name = 'directory';
      END IF;

      SELECT array_agg(coalesce(e."offset", 0) ORDER BY u.place), count(*) FILTER (WHERE e."offset" IS NULL)
      INTO known, fresh
      FROM unnest(p_ids, p_instance) WITH ORDINALITY u(id, instance, place)
      LEFT JOIN ${schema}.events e ON e.instance_key = keys[u.instance] AND e.id = u.id;

      accepted_at := ${schema}.now_ms();
      SELECT l.last_offset INTO before FROM ${schema}.log l;
      IF fresh = 0 THEN
        RETURN;
      END IF;

      SELECT array_agg(append.before + u.nth ORDER BY u.place) INTO places
      FROM (
        SELECT f.place, count(*) FILTER (WHERE f."offset" = 0) OVER (ORDER BY f.place) AS nth
        FROM unnest(known) WITH ORDINALITY f("offset", place)
      ) u;
      INSERT INTO ${schema}.events
        ("offset", instance_key, accepted_at, flags, size, id, instance, event, envelope, extra, data)
      SELECT u."offset", keys[u.instance], append.accepted_at, u.flags, u.size, u.id, p_names[u.instance],
        u.event, u.envelope, u.extra, u.data
      FROM unnest(known, places, p_instance, p_ids, p_events, p_flags, p_sizes, p_envelopes, p_extras, p_data)
        u(known, "offset", instance, id, event, flags, size, envelope, extra, data)
      WHERE u.known = 0;

      IF cardinality(p_delivery_event) > 0 THEN
        INSERT INTO ${schema}.queues (name)
        SELECT n.name FROM unnest(p_queues) n(name)
        WHERE NOT EXISTS (SELECT FROM ${schema}.queues q WHERE q.name = n.name);
        SELECT array_agg(q.key ORDER BY n.place) INTO queue_keys
        FROM unnest(p_queues) WITH ORDINALITY n(name, place) JOIN ${schema}.queues q ON q.name = n.name;
        INSERT INTO ${schema}.deliveries (partition, instance_key, queue_key, "offset")
        SELECT ${schema}.partition_of(keys[p_instance[d.event]]), keys[p_instance[d.event]],
          queue_keys[d.queue], places[d.event]
        FROM unnest(p_delivery_event, p_delivery_queue) d(event, queue) WHERE known[d.event] = 0;
      END IF;

      -- The row's own size and that of its places in indexes is a guess.
      UPDATE ${schema}.log l SET last_offset = l.last_offset + fresh, bytes = l.bytes + (
        SELECT sum(u.size + 256) FROM unnest(known, p_sizes) u(known, size) WHERE u.known = 0
      );
      ${notify('log', 'before + fresh')}
    END
    $append$;

    -- Stores a record where 'p_key' is in its version 'p_version' still, or where there is none of that name if 'p_key'
    -- is null; otherwise 'key' comes back null.
    CREATE FUNCTION ${schema}.write_instance(
      p_key bigint, p_version bigint, p_id text, p_name text, p_token_hash bytea, p_integration text,
      p_created_at bigint, p_updated_at bigint, p_selections json, OUT key bigint
    ) LANGUAGE plpgsql AS $write$
    #variable_conflict use_column
    DECLARE
      directory bigint;
    BEGIN
      UPDATE ${schema}.counters c SET value = c.value + 1 WHERE c.name = 'directory' RETURNING c.value INTO directory;
      IF p_key IS NULL THEN
        INSERT INTO ${schema}.instances AS i
          (version, id, name, token_hash, integration, created_at, updated_at, selections)
        VALUES (directory, p_id, p_name, p_token_hash, p_integration, p_created_at, p_updated_at, p_selections)
        ON CONFLICT (name) DO NOTHING RETURNING i.key INTO key;
      ELSE
        UPDATE ${schema}.instances i SET version = directory, token_hash = p_token_hash, integration = p_integration,
          updated_at = p_updated_at, selections = p_selections
        WHERE i.key = p_key AND i.version = p_version RETURNING i.key INTO key;
      END IF;
      ${notify('directory', 'directory')}
    END
    $write$;

    CREATE FUNCTION ${schema}.remove_instance(p_key bigint, OUT removed boolean) LANGUAGE plpgsql AS $remove$
    DECLARE
      directory bigint;
    BEGIN
      UPDATE ${schema}.counters c SET value = c.value + 1 WHERE c.name = 'directory' RETURNING c.value INTO directory;
      DELETE FROM ${schema}.instances i WHERE i.key = p_key;
      removed := FOUND;
      IF removed THEN
        INSERT INTO ${schema}.removed_instances VALUES (directory, p_key);
        ${notify('directory', 'directory')}
      END IF;
    END
    $remove$;

    CREATE FUNCTION ${schema}.dead_letter_page(${page}) RETURNS TABLE (${deadLetter}) LANGUAGE sql STABLE AS $page$
      SELECT d.id, q.name, d.instance_key, d."offset", e.instance, e.event, e.id, d.reason, d.message, d.attempts, d.died_at
      FROM ${schema}.dead_letters d
      JOIN ${schema}.events e ON e."offset" = d."offset"
      JOIN ${schema}.queues q ON q.key = d.queue_key
      WHERE d.id > p_after AND d.id <= p_up_to
      AND (p_ids IS NULL OR d.id = ANY (p_ids))
      AND (p_instance IS NULL OR e.instance = p_instance)
      AND (p_queue IS NULL OR q.name = p_queue)
      AND (p_reason IS NULL OR d.reason = p_reason)
      ORDER BY d.id LIMIT p_limit
    $page$;

    CREATE FUNCTION ${schema}.discard(${page}) RETURNS TABLE (${deadLetter}) LANGUAGE sql AS $discard$
      WITH gone AS (
        DELETE FROM ${schema}.dead_letters d
        USING ${schema}.dead_letter_page(p_after, p_up_to, p_limit, p_ids, p_instance, p_queue, p_reason) p
        WHERE d.id = p.id RETURNING p.*
      )
      SELECT * FROM gone ORDER BY id
    $discard$;

    CREATE FUNCTION ${schema}.redrive(${page}) RETURNS TABLE (${deadLetter}) LANGUAGE plpgsql AS $redrive$
    #variable_conflict use_column
    DECLARE
      version bigint;
    BEGIN
      UPDATE ${schema}.counters c SET value = c.value + 1 WHERE c.name = 'redrives' RETURNING c.value INTO version;
      RETURN QUERY
        WITH gone AS (
          SELECT * FROM ${schema}.discard(p_after, p_up_to, p_limit, p_ids, p_instance, p_queue, p_reason)
        ), back AS (
          INSERT INTO ${schema}.deliveries (partition, instance_key, queue_key, "offset", redrive)
          SELECT ${schema}.partition_of(g.instance_key), g.instance_key, q.key, g."offset", version
          FROM gone g JOIN ${schema}.queues q ON q.name = g.queue
        )
        SELECT * FROM gone;
      ${notify('redrives', 'version')}
    END
    $redrive$;

    -- Looks at 'p_chunk' events after 'p_after'; 'next' is where to go on, null when all that is old enough was looked at,
    -- or when another node is at it.
    CREATE FUNCTION ${schema}.prune(
      p_after bigint, p_accepted_before bigint, p_max_bytes bigint, p_chunk integer, OUT removed integer, OUT next bigint
    ) LANGUAGE plpgsql ${byIndex} AS $prune$
    DECLARE
      horizon bigint := p_accepted_before;
      old integer;
      last_old bigint;
      last_gone bigint;
      freed bigint;
    BEGIN
      removed := 0;
      IF NOT pg_try_advisory_xact_lock(${space}, ${LOCKS.prune}) THEN
        RETURN;
      END IF;
      IF (SELECT l.bytes > p_max_bytes FROM ${schema}.log l) THEN
        horizon := 9223372036854775807;
      END IF;
      SELECT count(*), max(c."offset") INTO old, last_old FROM (
        SELECT e."offset", e.accepted_at FROM ${schema}.events e
        WHERE e."offset" > p_after ORDER BY e."offset" LIMIT p_chunk
      ) c WHERE c.accepted_at < horizon;
      WITH gone AS (
        DELETE FROM ${schema}.events e
        WHERE e."offset" > p_after AND e."offset" <= last_old AND e.accepted_at < horizon
        AND NOT EXISTS (SELECT FROM ${schema}.deliveries d WHERE d."offset" = e."offset")
        AND NOT EXISTS (SELECT FROM ${schema}.dead_letters d WHERE d."offset" = e."offset")
        RETURNING e."offset", e.size
      )
      SELECT count(*), max(g."offset"), sum(g.size + 256) INTO removed, last_gone, freed FROM gone g;
      IF removed > 0 THEN
        UPDATE ${schema}.log l SET pruned_to = greatest(l.pruned_to, last_gone), bytes = l.bytes - freed;
      END IF;
      IF old = p_chunk THEN
        next := last_old;
      END IF;
    END
    $prune$;
    `,

    // A log that was begun anew is told from the one before it, whose offsets clients may still have.
    `
    ALTER TABLE ${schema}.log ADD COLUMN id text COLLATE "C" NOT NULL
      DEFAULT left(replace(gen_random_uuid()::text, '-', ''), 16);
    `,

    // What tells whether events can be appended: the lock that appends wait for, and pages that only a disk with room has.
    // An emptied table begins in a new file, so that no page of an earlier check will do.
    `
    DELETE FROM ${schema}.counters WHERE name = 'checks';
    CREATE TABLE ${schema}.checks (
      filler bytea NOT NULL
    );
    ALTER TABLE ${schema}.checks ALTER COLUMN filler SET STORAGE PLAIN;

    CREATE FUNCTION ${schema}.check_lock() RETURNS void LANGUAGE plpgsql SET lock_timeout = ${CHECK_LOCK_MS} AS $check$
    BEGIN
      PERFORM pg_advisory_xact_lock(${space}, ${LOCKS.append});
    END
    $check$;

    CREATE FUNCTION ${schema}.check_write() RETURNS void LANGUAGE plpgsql SET lock_timeout = ${CHECK_LOCK_MS} AS $check$
    BEGIN
      TRUNCATE ${schema}.checks;
      INSERT INTO ${schema}.checks SELECT decode(repeat('00', 7000), 'hex') FROM generate_series(1, 8);
    END
    $check$;
    `,

    // Events of before the clock was set back seem to come: they are passed over, and do not hide what is behind them.
    `
    -- Looks at 'p_chunk' events after 'p_after'; 'next' is where to go on, null when all that is old enough was looked at,
    -- or when another node is at it.
    CREATE OR REPLACE FUNCTION ${schema}.prune(
      p_after bigint, p_accepted_before bigint, p_max_bytes bigint, p_chunk integer, OUT removed integer, OUT next bigint
    ) LANGUAGE plpgsql ${byIndex} AS $prune$
    DECLARE
      horizon bigint := p_accepted_before;
      present bigint := ${schema}.now_ms();
      passed integer;
      last_old bigint;
      last_passed bigint;
      last_gone bigint;
      freed bigint;
    BEGIN
      removed := 0;
      IF NOT pg_try_advisory_xact_lock(${space}, ${LOCKS.prune}) THEN
        RETURN;
      END IF;
      IF (SELECT l.bytes > p_max_bytes FROM ${schema}.log l) THEN
        horizon := 9223372036854775807;
      END IF;
      SELECT count(*) FILTER (WHERE c.accepted_at < horizon OR c.accepted_at > present),
        max(c."offset") FILTER (WHERE c.accepted_at < horizon), max(c."offset")
      INTO passed, last_old, last_passed FROM (
        SELECT e."offset", e.accepted_at FROM ${schema}.events e
        WHERE e."offset" > p_after ORDER BY e."offset" LIMIT p_chunk
      ) c;
      WITH gone AS (
        DELETE FROM ${schema}.events e
        WHERE e."offset" > p_after AND e."offset" <= last_old AND e.accepted_at < horizon
        AND NOT EXISTS (SELECT FROM ${schema}.deliveries d WHERE d."offset" = e."offset")
        AND NOT EXISTS (SELECT FROM ${schema}.dead_letters d WHERE d."offset" = e."offset")
        RETURNING e."offset", e.size
      )
      SELECT count(*), max(g."offset"), sum(g.size + 256) INTO removed, last_gone, freed FROM gone g;
      IF removed > 0 THEN
        UPDATE ${schema}.log l SET pruned_to = greatest(l.pruned_to, last_gone), bytes = l.bytes - freed;
      END IF;
      IF passed = p_chunk THEN
        next := last_passed;
      END IF;
    END
    $prune$;
    `
  ]
}
