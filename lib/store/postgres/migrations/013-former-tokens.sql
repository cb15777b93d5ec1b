-- The token before the current one, while it is valid beside it, and the time at which it stops being valid.
ALTER TABLE {{schema}}.instances ADD COLUMN former_token_hash bytea, ADD COLUMN former_token_until bigint;

-- Fails like the unique index of current tokens if another instance's former token is to be given.
CREATE FUNCTION {{schema}}.write_instance(
  p_key bigint, p_version bigint, p_id text, p_name text, p_token_hash bytea, p_former_token_hash bytea,
  p_former_token_until bigint, p_integration text, p_silence_after_minutes integer, p_created_at bigint,
  p_updated_at bigint, p_selections json, OUT key bigint
) LANGUAGE plpgsql AS $write$
#variable_conflict use_column
DECLARE
  directory bigint;
BEGIN
  UPDATE {{schema}}.counters c SET value = c.value + 1 WHERE c.name = 'directory' RETURNING c.value INTO directory;
  IF EXISTS (
    SELECT FROM {{schema}}.instances i
    WHERE i.former_token_hash = p_token_hash AND i.key IS DISTINCT FROM p_key
      AND i.former_token_until > extract(epoch FROM clock_timestamp()) * 1000
  ) THEN
    RAISE unique_violation USING MESSAGE = 'the token is the former one of another instance', CONSTRAINT = 'instances_token';
  END IF;
  IF p_key IS NULL THEN
    INSERT INTO {{schema}}.instances AS i (version, id, name, token_hash, former_token_hash, former_token_until,
      integration, silence_after_minutes, created_at, updated_at, selections)
    VALUES (directory, p_id, p_name, p_token_hash, p_former_token_hash, p_former_token_until, p_integration,
      p_silence_after_minutes, p_created_at, p_updated_at, p_selections)
    ON CONFLICT (name) DO NOTHING RETURNING i.key INTO key;
  ELSE
    UPDATE {{schema}}.instances i SET version = directory, token_hash = p_token_hash,
      former_token_hash = p_former_token_hash, former_token_until = p_former_token_until, integration = p_integration,
      silence_after_minutes = p_silence_after_minutes, updated_at = p_updated_at, selections = p_selections
    WHERE i.key = p_key AND i.version = p_version RETURNING i.key INTO key;
  END IF;
  PERFORM pg_notify('{{schema}}', 'directory ' || directory);
END
$write$;

CREATE INDEX instances_former_token ON {{schema}}.instances (former_token_hash) WHERE former_token_hash IS NOT NULL;

-- Nodes of the release before know no former tokens: theirs end with the current one.
CREATE OR REPLACE FUNCTION {{schema}}.write_instance(
  p_key bigint, p_version bigint, p_id text, p_name text, p_token_hash bytea, p_integration text,
  p_silence_after_minutes integer, p_created_at bigint, p_updated_at bigint, p_selections json, OUT key bigint
) LANGUAGE sql AS $write$
  SELECT w.key FROM {{schema}}.write_instance(
    p_key, p_version, p_id, p_name, p_token_hash,
    (SELECT i.former_token_hash FROM {{schema}}.instances i WHERE i.key = p_key AND i.token_hash = p_token_hash),
    (SELECT i.former_token_until FROM {{schema}}.instances i WHERE i.key = p_key AND i.token_hash = p_token_hash),
    p_integration, p_silence_after_minutes, p_created_at, p_updated_at, p_selections
  ) w
$write$;
