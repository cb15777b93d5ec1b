import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { numberArray, textArray } from '../../lib/store/postgres/binary-array.ts'
import { serve } from '../harness/serve.ts'
import { event, sender, serverUrl } from '../sqs/publisher.ts'
import { sampleEvent } from '../harness/sample-events.ts'
import type { Place } from './database.ts'

/** One client that writes the same rows into a table with the same indexes, as many a statement as is fastest. */
const ROWS = 1_000
const { data } = sampleEvent('0.8 kB')
const envelope = JSON.stringify({ server_url: serverUrl, date_time: new Date().toISOString(), sender }).slice(1, -1)
let client: Client
let table: string
let last = 0

const bare = {
  /** @param schema of which the table is a copy */
  async start({ url, schema }: Place): Promise<void> {
    client = new Client(url)
    await client.connect()
    table = `${schema}.bare_events`
    await client.query(`CREATE TABLE ${table} (LIKE ${schema}.events INCLUDING ALL)`)
  },
  async run(ms: number): Promise<number> {
    const before = last
    const end = performance.now() + ms
    while (performance.now() < end) await insert()
    return last - before
  }
}

export type BareInsert = typeof bare

async function insert(): Promise<void> {
  const rows = Array.from({ length: ROWS }, () => ({
    offset: ++last,
    id: randomUUID(),
    data: JSON.stringify({ n: last, at: performance.now(), ...data })
  }))
  const same = (text: string) => textArray(rows.map(() => text))
  await client.query({
    name: 'insert',
    text: `INSERT INTO ${table} ("offset", instance_key, accepted_at, flags, size, id, instance, event, envelope, extra, data)
      SELECT u."offset", u."offset" % 50, 1.8e12, 0, 800, u.id, u.instance, u.event, u.envelope, u.extra, u.data
      FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
        u("offset", id, instance, event, envelope, extra, data)`,
    values: [
      numberArray(rows.map(({ offset }) => offset)),
      textArray(rows.map(({ id }) => id)),
      same('sales'),
      same(event),
      same(envelope),
      same(''),
      textArray(rows.map(({ data }) => data))
    ]
  })
}

serve(bare)
