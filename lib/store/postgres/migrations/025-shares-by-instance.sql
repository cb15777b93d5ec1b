-- The events of an instance are looked at by the index by instance, whatever the statistics say: no other has these bounds and this order.
-- The function is that of step 18, except for this.
DO $step$
DECLARE
  known text := pg_get_functiondef('{{schema}}.prune_shares'::regproc);
  bounded text := replace(
    known,
    'WHERE e.instance_key = g.instance_key AND e."offset" > g.after ORDER BY e."offset" LIMIT g.looks',
    'WHERE (e.instance_key, e."offset") > (g.instance_key, g.after) AND e.instance_key <= g.instance_key
      ORDER BY e.instance_key, e."offset" LIMIT g.looks'
  );
BEGIN
  IF bounded = known THEN
    RAISE 'prune_shares is not as expected';
  END IF;
  EXECUTE bounded;
END
$step$;
