import { randomUUID } from 'node:crypto'
import { Pool } from 'pg'
import { InOrder } from './in-order.ts'
import { servePlainRoute } from './plain-route.ts'

const CONNECTIONS = 20

/** One `INSERT` a request, through a pool, into a table that finds events by id and by instance as ours does. */
servePlainRoute(async (port) => {
  const pool = new Pool({ host: '127.0.0.1', port, user: 'root', database: 'postgres', max: CONNECTIONS })
  await pool.query(`
    CREATE TABLE log (
      "offset" bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      id uuid NOT NULL,
      instance text NOT NULL,
      event text NOT NULL,
      sender text NOT NULL,
      server_url text NOT NULL,
      accepted_at timestamptz NOT NULL DEFAULT now(),
      data text NOT NULL
    );
    CREATE UNIQUE INDEX ON log (id, instance);
    CREATE INDEX ON log (instance, "offset")`)
  const order = new InOrder()
  return {
    async add(instance, { event, sender, serverUrl, data }) {
      const id = randomUUID()
      const { rows } = await pool.query<{ offset: string }>({
        name: 'add',
        text: `INSERT INTO log (id, instance, event, sender, server_url, data) VALUES ($1, $2, $3, $4, $5, $6) RETURNING "offset"`,
        values: [id, instance, event, sender, serverUrl, JSON.stringify(data)]
      })
      return { id, offset: rows[0]?.offset ?? '' }
    },
    async addMany(instance, events) {
      const { rows } = await pool.query<{ id: string; offset: string }>({
        name: 'addMany',
        text: `INSERT INTO log (id, instance, event, sender, server_url, data)
          SELECT u.id, $1, u.event, u.sender, u.server_url, u.data
          FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[]) u(id, event, sender, server_url, data)
          RETURNING id, "offset"`,
        values: [
          instance,
          events.map(() => randomUUID()),
          events.map(({ event }) => event),
          events.map(({ sender }) => sender),
          events.map(({ serverUrl }) => serverUrl),
          events.map(({ data }) => JSON.stringify(data))
        ]
      })
      return rows
    },
    async taken() {
      const { rows } = await pool.query<{ data: string }>('SELECT data FROM log ORDER BY "offset"')
      for (const { data } of rows) order.check(data)
      await pool.query('TRUNCATE log')
      return rows.length
    }
  }
})
