import { storedFilter } from '../../filters/event-filter.ts'
import { storedOmission } from '../../filters/omission.ts'
import { listOfJson } from '../../instances/event-lists.ts'
import { digestOf, KeptInstance, KeptSelection } from '../../instances/kept-instance.ts'
import type { TransportName } from '../../instances/instance.ts'
import type { Row } from '../rows.ts'
import type { DatabaseSync } from 'node:sqlite'

/** All instances by ascending key, with their selections. Rows are read one by one: all of them would take far more memory. */
export function* readInstances(db: DatabaseSync): Generator<KeptInstance> {
  const rows = db.prepare('SELECT * FROM selections ORDER BY instance_key').iterate()
  let next = rows.next()
  for (const row of db.prepare('SELECT * FROM instances ORDER BY key').iterate()) {
    const chosen: { [T in TransportName]?: KeptSelection } = {}
    while (!next.done && next.value.instance_key === row.key) {
      chosen[next.value.transport as TransportName] = toSelection(next.value)
      next = rows.next()
    }
    yield toInstance(row, chosen)
  }
}

function toInstance(row: Row, selections: KeptInstance['selections']): KeptInstance {
  return new KeptInstance({
    key: row.key as number,
    id: row.id as string,
    name: row.name as string,
    digest: digestOf(row.token_hash as Uint8Array | null),
    integration: row.integration as string | null,
    silenceAfterMinutes: row.silence_after_minutes as number | null,
    createdAt: row.created_at as number,
    updatedAt: row.updated_at as number,
    selections
  })
}

function toSelection(row: Row): KeptSelection {
  return new KeptSelection({
    id: row.id as string,
    enabled: row.enabled === 1,
    events: listOfJson(row.events as string),
    filter: row.filter === null ? undefined : storedFilter(row.filter as string),
    omit: row.omit === null ? undefined : storedOmission(row.omit as string),
    createdAt: row.created_at as number,
    updatedAt: row.updated_at as number
  })
}
