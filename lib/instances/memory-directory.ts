import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import {
  InstanceExistsError,
  InstanceNotFoundError,
  OptionsInvalidError,
  TokenTakenError,
  ValidationError
} from '../errors.ts'
import { digestOf, keptInstance, type KeptInstance } from './kept-instance.ts'
import { assertInstanceName } from './name.ts'
import { plainTextFault } from '../text/plain-text.ts'
import { InstanceNames, type NamePage } from './names.ts'
import type { CreateInstanceInput, InstanceChange, InstanceDirectory, SelectionInput } from './directory.ts'
import type { Instance, Selection, TransportName } from './instance.ts'

export type InstanceRecord = Omit<Instance, 'key'>

/**
 * The table of instances of a backend. Writes take effect in the order of calls; when one is durable, the backend calls
 * `put` or `drop` of the directory, then resolves.
 */
export interface InstanceTable {
  /** Stores what `change` makes of the current record, atomically. If `change` throws, it rejects and writes nothing. */
  write(name: string, change: (before: Instance | undefined) => InstanceRecord): Promise<Instance>
  /** Removes an instance and its selections. Resolves with the removed record; `undefined` if there was none. */
  remove(name: string): Promise<Instance | undefined>
}

/** SHA-256 of a token. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** The record of an instance without a token and selections. */
export function blankInstance(name: string): InstanceRecord {
  const now = new Date()
  return {
    id: randomUUID(),
    name,
    tokenHash: null,
    integration: null,
    silenceAfterMinutes: null,
    createdAt: now,
    updatedAt: now,
    selections: {}
  }
}

/** The record of an instance. A copy by `...` would lack what are getters. */
function recordOf(instance: Instance): InstanceRecord {
  const { id, name, tokenHash, integration, silenceAfterMinutes, createdAt, updatedAt, selections } = instance
  return { id, name, tokenHash, integration, silenceAfterMinutes, createdAt, updatedAt, selections }
}

/**
 * The directory of both backends: it writes to the backend, and changes in memory when the write is durable.
 * Tokens are kept as SHA-256 only.
 */
export class MemoryDirectory implements InstanceDirectory {
  readonly #table: InstanceTable
  readonly #byName = new Map<string, KeptInstance>()
  /** By `digest`. */
  readonly #byTokenHash = new Map<string, KeptInstance>()
  readonly #claimedTokens = new Set<string>()
  readonly #watchers = new Set<(change: InstanceChange) => void>()
  /** Sorted names; built when the first page is read. */
  #names: InstanceNames | undefined

  constructor(table: InstanceTable) {
    this.#table = table
  }

  get size(): number {
    return this.#byName.size
  }

  get(name: string): Instance | undefined {
    return this.#byName.get(name)
  }

  require(name: string): Instance {
    const instance = this.#byName.get(name)
    if (!instance) throw new InstanceNotFoundError(name)
    return instance
  }

  list(): IteratorObject<Instance> {
    return this.#byName.values()
  }

  async page(options: NamePage): Promise<Instance[]> {
    this.#names ??= new InstanceNames(this.#byName.keys())
    const names = await this.#names.page(options)
    return names.flatMap((name) => this.#byName.get(name) ?? [])
  }

  /** The map's keys are digests, so its timing does not depend on the token. */
  findByToken(token: string): Instance | undefined {
    const hash = hashToken(token)
    const instance = this.#byTokenHash.get(hash.toString('latin1'))
    return instance?.tokenHash && timingSafeEqual(instance.tokenHash, hash) ? instance : undefined
  }

  reserveToken(token: string): void {
    const claim = hashToken(token).toString('latin1')
    const holder = this.#byTokenHash.get(claim)
    if (holder) throw new OptionsInvalidError(`apiKey is the token of the instance "${holder.name}": choose another`)
    this.#claimedTokens.add(claim)
  }

  watch(watcher: (change: InstanceChange) => void): () => void {
    this.#watchers.add(watcher)
    return () => void this.#watchers.delete(watcher)
  }

  async create(input: CreateInstanceInput): Promise<Instance> {
    const { name, token, integration, silenceAfterMinutes = null, selections = {} } = input
    assertInstanceName(name)
    const fault = plainTextFault('integration', integration ?? '')
    if (fault !== undefined) throw new ValidationError(fault)
    if (this.#byName.get(name)?.tokenHash) throw new InstanceExistsError(name)
    return this.#withToken(token, (tokenHash) =>
      this.#table.write(name, (before) => {
        if (before?.tokenHash) throw new InstanceExistsError(name)
        const record = before ? recordOf(before) : blankInstance(name)
        const chosen: { [T in TransportName]?: Selection } = { ...record.selections }
        if (selections.sqs) chosen.sqs = nextSelection(chosen.sqs, selections.sqs)
        if (selections.websocket) chosen.websocket = nextSelection(chosen.websocket, selections.websocket)
        return {
          ...record,
          tokenHash,
          integration: integration ?? record.integration,
          silenceAfterMinutes: silenceAfterMinutes ?? record.silenceAfterMinutes,
          selections: chosen,
          updatedAt: new Date()
        }
      })
    )
  }

  async register(name: string, integration: string | null): Promise<Instance> {
    assertInstanceName(name)
    const known = this.get(name)
    return (
      known ??
      this.#table.write(name, (before) => (before ? recordOf(before) : { ...blankInstance(name), integration }))
    )
  }

  async setToken(name: string, token: string): Promise<Instance> {
    const now = this.require(name)
    if (this.findByToken(token) === now) return now
    return this.#withToken(token, (tokenHash) =>
      this.#table.write(name, (before) => {
        if (!before) throw new InstanceNotFoundError(name)
        return { ...recordOf(before), tokenHash, updatedAt: new Date() }
      })
    )
  }

  async setSilence(name: string, silenceAfterMinutes: number | null): Promise<Instance> {
    return this.#table.write(name, (before) => {
      if (!before) throw new InstanceNotFoundError(name)
      return { ...recordOf(before), silenceAfterMinutes, updatedAt: new Date() }
    })
  }

  async setSelection(
    name: string,
    transport: TransportName,
    input: SelectionInput,
    { register }: { register: boolean }
  ): Promise<Instance> {
    assertInstanceName(name)
    return this.#table.write(name, (before) => {
      if (!before && !register) throw new InstanceNotFoundError(name)
      const record = before ? recordOf(before) : blankInstance(name)
      const selections = { ...record.selections, [transport]: nextSelection(record.selections[transport], input) }
      return { ...record, selections }
    })
  }

  async remove(name: string): Promise<Instance> {
    const before = await this.#table.remove(name)
    if (!before) throw new InstanceNotFoundError(name)
    return before
  }

  /** For backends: adds or replaces a record that is durable. */
  put(instance: Instance): void {
    const after = keptInstance(instance)
    const { name, digest } = after
    const before = this.#byName.get(name)
    if (before) this.#forgetToken(before)
    if (digest !== null) this.#byTokenHash.set(digest, after)
    this.#byName.set(name, after)
    if (!before) this.#names?.add(name)
    if (before) this.#notify({ type: 'updated', before, after })
  }

  /** For backends: removes a record whose removal is durable. */
  drop(instance: Instance): void {
    this.#byName.delete(instance.name)
    this.#names?.delete(instance.name)
    this.#forgetToken(instance)
    this.#notify({ type: 'removed', before: instance })
  }

  /** Claims a token during `work`, so that two writes at once cannot give it to two instances. */
  async #withToken<T>(token: string, work: (tokenHash: Buffer) => Promise<T>): Promise<T> {
    const tokenHash = hashToken(token)
    const claim = tokenHash.toString('latin1')
    if (this.#byTokenHash.has(claim) || this.#claimedTokens.has(claim)) throw new TokenTakenError()
    this.#claimedTokens.add(claim)
    try {
      return await work(tokenHash)
    } finally {
      this.#claimedTokens.delete(claim)
    }
  }

  #forgetToken({ name, tokenHash }: Instance): void {
    const token = digestOf(tokenHash) ?? ''
    // When changes are read together, another instance may already have been given this token.
    if (this.#byTokenHash.get(token)?.name === name) this.#byTokenHash.delete(token)
  }

  #notify(change: InstanceChange): void {
    for (const watcher of this.#watchers) watcher(change)
  }
}

function nextSelection(before: Selection | undefined, input: SelectionInput): Selection {
  const now = new Date()
  return {
    id: before?.id ?? randomUUID(),
    enabled: input.enabled,
    events: [...input.events],
    ...(input.filter && { filter: input.filter }),
    ...(input.omit && { omit: input.omit }),
    createdAt: before?.createdAt ?? now,
    updatedAt: now
  }
}
