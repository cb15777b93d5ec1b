-- Minutes without an event after which an instance is silent; 0: never, null: as the server is set.
ALTER TABLE {{schema}}.instances ADD COLUMN silence_after_minutes integer;

-- The form with nine arguments stays, for nodes of the release before.
CREATE FUNCTION {{schema}}.write_instance(
  p_key bigint, p_version bigint, p_id text, p_name text, p_token_hash bytea, p_integration text,
  p_silence_after_minutes integer, p_created_at bigint, p_updated_at bigint, p_selections json, OUT key bigint
) LANGUAGE plpgsql AS $write$
#variable_conflict use_column
DECLARE
  directory bigint;
BEGIN
  UPDATE {{schema}}.counters c SET value = c.value + 1 WHERE c.name = 'directory' RETURNING c.value INTO directory;
  IF p_key IS NULL THEN
    INSERT INTO {{schema}}.instances AS i
      (version, id, name, token_hash, integration, silence_after_minutes, created_at, updated_at, selections)
    VALUES (directory, p_id, p_name, p_token_hash, p_integration, p_silence_after_minutes, p_created_at, p_updated_at,
      p_selections)
    ON CONFLICT (name) DO NOTHING RETURNING i.key INTO key;
  ELSE
    UPDATE {{schema}}.instances i SET version = directory, token_hash = p_token_hash, integration = p_integration,
      silence_after_minutes = p_silence_after_minutes, updated_at = p_updated_at, selections = p_selections
    WHERE i.key = p_key AND i.version = p_version RETURNING i.key INTO key;
  END IF;
  PERFORM pg_notify('{{schema}}', 'directory ' || directory);
END
$write$;
