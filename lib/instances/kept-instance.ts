import { sharedList } from './event-lists.ts'
import type { EventFilter } from '../filters/event-filter.ts'
import type { Omission } from '../filters/omission.ts'
import type { FormerToken, Instance, Selection, TransportName } from './instance.ts'
import type { InstanceLimits } from './limits.ts'
import { digestOf } from './token-digest.ts'

/** What is the same of a record in memory and in a store, with dates in milliseconds since the epoch. */
type Stored<T> = Omit<T, 'createdAt' | 'updatedAt'> & { createdAt: number; updatedAt: number }

interface StoredInstance extends Stored<Omit<Instance, 'tokenHash' | 'selections'>> {
  digest: string | null
  selections: Selections
}

type Selections = { readonly [T in TransportName]?: KeptSelection }

/** The selections of instances without any. */
const NONE: Selections = Object.freeze({})

/** A selection in little memory: its list is shared, and a date is made when it is read. */
export class KeptSelection implements Selection {
  readonly id: string
  readonly enabled: boolean
  readonly events: readonly string[]
  readonly filter: EventFilter | undefined
  readonly omit: Omission | undefined
  readonly #createdAt: number
  readonly #updatedAt: number

  constructor({ id, enabled, events, filter, omit, createdAt, updatedAt }: Stored<Selection>) {
    this.id = id
    this.enabled = enabled
    this.events = sharedList(events)
    this.filter = filter
    this.omit = omit
    this.#createdAt = createdAt
    this.#updatedAt = updatedAt
  }

  get createdAt(): Date {
    return new Date(this.#createdAt)
  }

  get updatedAt(): Date {
    return new Date(this.#updatedAt)
  }

  /** `JSON.stringify` leaves getters out. */
  toJSON(): Selection {
    const { id, enabled, events, filter, omit, createdAt, updatedAt } = this
    return { id, enabled, events, filter, omit, createdAt, updatedAt }
  }
}

/** An instance in little memory. */
export class KeptInstance implements Instance {
  readonly key: number
  readonly id: string
  readonly name: string
  /** `tokenHash` as a string, one character a byte. */
  readonly digest: string | null
  readonly formerToken: FormerToken | null
  readonly integration: string | null
  readonly silenceAfterMinutes: number | null
  readonly limits: InstanceLimits
  readonly selections: Selections
  readonly #createdAt: number
  readonly #updatedAt: number

  constructor(stored: StoredInstance) {
    const { key, id, name, digest, formerToken, integration, silenceAfterMinutes } = stored
    const { limits, createdAt, updatedAt, selections } = stored
    this.key = key
    this.id = id
    this.name = name
    this.digest = digest
    this.formerToken = formerToken
    this.integration = integration
    this.silenceAfterMinutes = silenceAfterMinutes
    this.limits = limits
    this.selections = selections.sqs || selections.websocket ? selections : NONE
    this.#createdAt = createdAt
    this.#updatedAt = updatedAt
  }

  get tokenHash(): Buffer | null {
    return this.digest === null ? null : Buffer.from(this.digest, 'latin1')
  }

  get createdAt(): Date {
    return new Date(this.#createdAt)
  }

  get updatedAt(): Date {
    return new Date(this.#updatedAt)
  }

  /** `JSON.stringify` leaves getters out. */
  toJSON(): Instance {
    return { key: this.key, ...recordOf(this) }
  }
}

/** An instance without its key. */
export type InstanceRecord = Omit<Instance, 'key'>

/** Returns the record of an instance. A copy by `...` would lack what are getters. */
export function recordOf(instance: Instance): InstanceRecord {
  const { id, name, tokenHash, formerToken, integration, silenceAfterMinutes } = instance
  const { limits, createdAt, updatedAt, selections } = instance
  return {
    id,
    name,
    tokenHash,
    formerToken,
    integration,
    silenceAfterMinutes,
    limits,
    createdAt,
    updatedAt,
    selections
  }
}

/** Returns an instance as it is kept in memory. */
export function keptInstance(instance: Instance): KeptInstance {
  if (instance instanceof KeptInstance) return instance
  const { tokenHash, createdAt, updatedAt } = instance
  const { sqs, websocket } = instance.selections
  return new KeptInstance({
    ...instance,
    digest: digestOf(tokenHash),
    createdAt: createdAt.getTime(),
    updatedAt: updatedAt.getTime(),
    selections: { ...(sqs && { sqs: keptSelection(sqs) }), ...(websocket && { websocket: keptSelection(websocket) }) }
  })
}

function keptSelection(selection: Selection): KeptSelection {
  if (selection instanceof KeptSelection) return selection
  const { createdAt, updatedAt } = selection
  return new KeptSelection({ ...selection, createdAt: createdAt.getTime(), updatedAt: updatedAt.getTime() })
}
