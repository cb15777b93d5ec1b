import type { Client } from 'pg'

interface Found {
  name: keyof typeof RISKS
  source: string
}

/** Settings that are dangerous if they are `off`, and why. */
const RISKS = {
  fsync: 'a crash of the machine of PostgreSQL can destroy the database',
  synchronous_commit: 'a crash of PostgreSQL loses events that were already answered with 202'
}

/**
 * Returns a line with the remedy for each setting of this session that allows PostgreSQL to lose what it has committed. This
 * is an operator's choice, which is not refused: a trial or a test may need no durability.
 * @throws as the driver does
 */
export async function riskySettings(client: Client): Promise<string[]> {
  const { rows } = await client.query<Found>(
    "SELECT name, source FROM pg_settings WHERE name = ANY($1) AND setting = 'off' ORDER BY name",
    [Object.keys(RISKS)]
  )
  return rows.map(({ name, source }) => `${name} is off (source: ${source}), so ${RISKS[name]}: set it to on`)
}
