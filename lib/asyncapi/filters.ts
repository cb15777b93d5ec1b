import { type FilterComponent, filterComponents } from '../schemas/filter-policy.ts'
import { reference } from './types.ts'

export function filterReference(component: FilterComponent) {
  return reference('components', 'schemas', component)
}

/** The schemas of filters, in the handshake of sockets and in queries. */
export const filterSchemas = filterComponents(filterReference)
