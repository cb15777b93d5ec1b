import { storedFilter } from '../../filters/event-filter.ts'
import { storedOmission } from '../../filters/omission.ts'
import { listOfJson } from '../../instances/event-lists.ts'
import { KeptInstance, KeptSelection } from '../../instances/kept-instance.ts'
import { readLimits } from '../../instances/limits.ts'
import { digestOf } from '../../instances/token-digest.ts'
import type { TransportName } from '../../instances/instance.ts'
import type { DatabaseSync } from 'node:sqlite'

const INSTANCES = `
  SELECT key, id, name, token_hash, former_token_hash, former_token_until, integration, silence_after_minutes, limits,
    created_at, updated_at FROM instances ORDER BY key`
const SELECTIONS = `
  SELECT instance_key, transport, id, enabled, events, filter, omit, created_at, updated_at FROM selections
  ORDER BY instance_key`

type InstanceRow = [
  key: number,
  id: string,
  name: string,
  tokenHash: Uint8Array | null,
  formerTokenHash: Uint8Array | null,
  formerTokenUntil: number | null,
  integration: string | null,
  silenceAfterMinutes: number | null,
  limits: string | null,
  createdAt: number,
  updatedAt: number
]

type SelectionRow = [
  instanceKey: number,
  transport: TransportName,
  id: string,
  enabled: number,
  events: string,
  filter: string | null,
  omit: string | null,
  createdAt: number,
  updatedAt: number
]

/** All instances by ascending key, with their selections. Rows are read one by one: all of them would take far more memory. */
export function* readInstances(db: DatabaseSync): Generator<KeptInstance> {
  const selections = rowsOf<SelectionRow>(db, SELECTIONS)
  let next = selections.next()
  for (const row of rowsOf<InstanceRow>(db, INSTANCES)) {
    const chosen: { [T in TransportName]?: KeptSelection } = {}
    while (!next.done && next.value[0] === row[0]) {
      chosen[next.value[1]] = toSelection(next.value)
      next = selections.next()
    }
    yield toInstance(row, chosen)
  }
}

/** Iterates over rows as arrays of their columns, which is faster than objects. */
function rowsOf<T>(db: DatabaseSync, sql: string): IteratorObject<T, undefined> {
  const statement = db.prepare(sql)
  statement.setReturnArrays(true)
  // The schema fixes the types of the columns.
  return statement.iterate() as unknown as IteratorObject<T, undefined>
}

function toInstance(row: InstanceRow, selections: KeptInstance['selections']): KeptInstance {
  const [key, id, name, tokenHash, formerHash, formerUntil, integration, silenceAfterMinutes, limits, ...times] = row
  const [createdAt, updatedAt] = times
  const digest = digestOf(tokenHash)
  // Both columns are set, or neither.
  const formerToken = formerHash && { hash: Buffer.from(formerHash), until: new Date(formerUntil as number) }
  return new KeptInstance({
    key,
    id,
    name,
    digest,
    formerToken,
    integration,
    silenceAfterMinutes,
    limits: readLimits(limits),
    createdAt,
    updatedAt,
    selections
  })
}

function toSelection([, , id, enabled, events, filter, omit, createdAt, updatedAt]: SelectionRow): KeptSelection {
  return new KeptSelection({
    id,
    enabled: enabled === 1,
    events: listOfJson(events),
    filter: filter === null ? undefined : storedFilter(filter),
    omit: omit === null ? undefined : storedOmission(omit),
    createdAt,
    updatedAt
  })
}
