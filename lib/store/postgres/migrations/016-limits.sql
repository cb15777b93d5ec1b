-- Limits of an instance as JSON; null: as the server is set.
ALTER TABLE {{schema}}.instances ADD COLUMN limits text;

-- The forms without limits stay, for nodes of the releases before: they leave limits as they are.
CREATE FUNCTION {{schema}}.write_instance(
  p_key bigint, p_version bigint, p_id text, p_name text, p_token_hash bytea, p_former_token_hash bytea,
  p_former_token_until bigint, p_integration text, p_silence_after_minutes integer, p_limits text,
  p_created_at bigint, p_updated_at bigint, p_selections json, OUT key bigint
) LANGUAGE plpgsql AS $write$
#variable_conflict use_column
DECLARE
  written bigint;
BEGIN
  SELECT w.key INTO written FROM {{schema}}.write_instance(
    p_key, p_version, p_id, p_name, p_token_hash, p_former_token_hash, p_former_token_until, p_integration,
    p_silence_after_minutes, p_created_at, p_updated_at, p_selections
  ) w;
  UPDATE {{schema}}.instances i SET limits = p_limits WHERE i.key = written AND i.limits IS DISTINCT FROM p_limits;
  key := written;
END
$write$;
