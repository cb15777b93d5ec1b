-- As in 008. PL/pgSQL keeps the plan: a function in SQL is planned anew by each statement, which took most of the time of 'epoch_after',
-- and each append calls that twice.
CREATE OR REPLACE FUNCTION {{schema}}.place() RETURNS text LANGUAGE plpgsql STABLE AS $place$
BEGIN
  RETURN concat_ws(' ', extract(epoch FROM pg_postmaster_start_time()), d.oid, '{{schema}}.log'::regclass::oid)
  FROM pg_database d WHERE d.datname = current_database();
END
$place$;
