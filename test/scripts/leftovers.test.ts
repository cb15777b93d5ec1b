import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import t from 'tap'
import { dropLeftovers, havePostgres, POSTGRES_URL } from '../support/postgres.ts'

if (await havePostgres(t))
  t.test('databases, schemas and roles of a run are dropped, and those of another run stay', async (t) => {
    const [ended, other] = [randomUUID().slice(0, 8), randomUUID().slice(0, 8)]
    const client = new Client(POSTGRES_URL)
    await client.connect()
    for (const name of [`test_${ended}_a`, `test_${other}_a`]) {
      await client.query(`CREATE DATABASE ${name}`)
      await client.query(`CREATE SCHEMA ${name}; CREATE TABLE ${name}.events (id text); CREATE ROLE ${name}`)
      await client.query(`GRANT ALL ON SCHEMA ${name} TO ${name}`)
    }
    const left = async () => {
      const { rows } = await client.query<{ name: string }>(
        `SELECT datname AS name FROM pg_database UNION ALL SELECT nspname FROM pg_namespace UNION ALL SELECT rolname FROM pg_roles`
      )
      return rows.map(({ name }) => name).filter((name) => name.includes(ended) || name.includes(other))
    }
    await dropLeftovers(ended)
    t.strictSame(await left(), [`test_${other}_a`, `test_${other}_a`, `test_${other}_a`])
    await dropLeftovers(other)
    t.strictSame(await left(), [])
    await client.end()
  })
