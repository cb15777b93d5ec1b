import type { Row } from '../rows.ts'
import type { Instance, Selection, TransportName } from '../../instances/instance.ts'

export function toInstance(row: Row, selections: Iterable<Row>): Instance {
  const chosen: { [T in TransportName]?: Selection } = {}
  for (const selection of selections) chosen[selection.transport as TransportName] = toSelection(selection)
  return {
    key: row.key as number,
    id: row.id as string,
    name: row.name as string,
    tokenHash: row.token_hash === null ? null : Buffer.from(row.token_hash as Uint8Array),
    integration: row.integration as string | null,
    createdAt: new Date(row.created_at as number),
    updatedAt: new Date(row.updated_at as number),
    selections: chosen
  }
}

function toSelection(row: Row): Selection {
  return {
    id: row.id as string,
    enabled: row.enabled === 1,
    events: JSON.parse(row.events as string) as string[],
    createdAt: new Date(row.created_at as number),
    updatedAt: new Date(row.updated_at as number)
  }
}
