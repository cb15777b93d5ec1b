import { randomUUID } from 'node:crypto'
import {
  InstanceExistsError,
  InstanceNotFoundError,
  OptionsInvalidError,
  TokenTakenError,
  ValidationError
} from '../errors.ts'
import { saying } from '../message-code.ts'
import { FormerTokens, isOver } from './former-tokens.ts'
import { type InstanceRecord, keptInstance, type KeptInstance, recordOf } from './kept-instance.ts'
import { type InstanceLimits, SERVER_LIMITS, sharedLimits } from './limits.ts'
import { assertInstanceName } from './name.ts'
import { plainTextFault } from '../text/plain-text.ts'
import { InstanceNames, type NamePage } from './names.ts'
import type {
  CreateInstanceInput,
  InstanceChange,
  InstanceDirectory,
  SelectionInput,
  SetTokenOptions
} from './directory.ts'
import { type Instance, type Selection, type TransportName } from './instance.ts'
import { digestOf, hashToken } from './token-digest.ts'

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

/** The record of an instance without a token and selections. */
export function blankInstance(name: string): InstanceRecord {
  const now = new Date()
  return {
    id: randomUUID(),
    name,
    tokenHash: null,
    formerToken: null,
    integration: null,
    silenceAfterMinutes: null,
    limits: SERVER_LIMITS,
    createdAt: now,
    updatedAt: now,
    selections: {}
  }
}

/**
 * The directory of both backends: it writes to the backend, and changes in memory when the write is durable.
 * Tokens are kept as SHA-256 only.
 */
export class MemoryDirectory implements InstanceDirectory {
  readonly #table: InstanceTable
  readonly #byName = new Map<string, KeptInstance>()
  /** By the digests of valid tokens. */
  readonly #byTokenHash = new Map<string, KeptInstance>()
  readonly #claimedTokens = new Set<string>()
  /** Names of instances that this process is removing. */
  readonly #removing = new Set<string>()
  readonly #watchers = new Set<(change: InstanceChange) => void>()
  readonly #formerTokens = new FormerTokens((name) => {
    const instance = this.#byName.get(name)
    if (instance) this.put(instance)
  })
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

  async page({ accepts, ...options }: NamePage): Promise<Instance[]> {
    this.#names ??= new InstanceNames(this.#byName.keys())
    const isAccepted = (name: string) => {
      const instance = this.#byName.get(name)
      return instance !== undefined && accepts?.(instance) === true
    }
    const names = await this.#names.page({ ...options, ...(accepts && { accepts: isAccepted }) })
    return names.flatMap((name) => this.#byName.get(name) ?? [])
  }

  /** The map's keys are digests, so its timing does not depend on the token. */
  findByToken(token: string): Instance | undefined {
    return this.#byTokenHash.get(digestOf(hashToken(token)))
  }

  reserveToken(token: string): void {
    const claim = digestOf(hashToken(token))
    const holder = this.#byTokenHash.get(claim)
    if (holder) throw new OptionsInvalidError(`apiKey is the token of the instance "${holder.name}": choose another`)
    this.#claimedTokens.add(claim)
  }

  watch(watcher: (change: InstanceChange) => void): () => void {
    this.#watchers.add(watcher)
    return () => void this.#watchers.delete(watcher)
  }

  async create(input: CreateInstanceInput): Promise<Instance> {
    const { name, token, integration, silenceAfterMinutes = null, limits, selections = {} } = input
    assertInstanceName(name)
    const field = 'integration'
    const fault = plainTextFault(field, integration ?? '')
    if (fault !== undefined) throw saying(new ValidationError(fault), { code: 'characters', field, values: [] })
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
          limits: limits ? sharedLimits(limits) : record.limits,
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

  async setToken(name: string, token: string, { keepOldForMs = 0 }: SetTokenOptions = {}): Promise<Instance> {
    const now = this.require(name)
    if (now.tokenHash?.equals(hashToken(token)) && !now.formerToken) return now
    return this.#withToken(
      token,
      (tokenHash) =>
        this.#table.write(name, (before) => {
          if (!before) throw new InstanceNotFoundError(name)
          const isCurrent = before.tokenHash?.equals(tokenHash)
          const hash = isCurrent ? before.formerToken?.hash : before.tokenHash
          const formerToken = hash && keepOldForMs > 0 ? { hash, until: new Date(Date.now() + keepOldForMs) } : null
          return { ...recordOf(before), tokenHash, formerToken, updatedAt: new Date() }
        }),
      name
    )
  }

  async setSilence(name: string, silenceAfterMinutes: number | null): Promise<Instance> {
    return this.#table.write(name, (before) => {
      if (!before) throw new InstanceNotFoundError(name)
      return { ...recordOf(before), silenceAfterMinutes, updatedAt: new Date() }
    })
  }

  async setLimits(name: string, limits: InstanceLimits): Promise<Instance> {
    return this.#table.write(name, (before) => {
      if (!before) throw new InstanceNotFoundError(name)
      return { ...recordOf(before), limits: sharedLimits(limits), updatedAt: new Date() }
    })
  }

  async setSelection(
    name: string,
    transport: TransportName,
    input: SelectionInput,
    { register, onlyFor }: { register: boolean; onlyFor?: number | undefined }
  ): Promise<Instance> {
    assertInstanceName(name)
    return this.#table.write(name, (before) => {
      const isMissing = onlyFor === undefined ? !before && !register : before?.key !== onlyFor
      if (isMissing) throw new InstanceNotFoundError(name)
      const record = before ? recordOf(before) : blankInstance(name)
      const selections = { ...record.selections, [transport]: nextSelection(record.selections[transport], input) }
      return { ...record, selections }
    })
  }

  async remove(name: string): Promise<Instance> {
    this.#removing.add(name)
    const before = await this.#table.remove(name).finally(() => this.#removing.delete(name))
    if (!before) throw new InstanceNotFoundError(name)
    return before
  }

  /** For backends: adds or replaces a record that is durable. */
  put(instance: Instance): void {
    const { key, formerToken } = instance
    const after = keptInstance(isOver(formerToken) ? { key, ...recordOf(instance), formerToken: null } : instance)
    const { name, digest } = after
    const before = this.#byName.get(name)
    if (before) this.#forgetTokens(before)
    if (digest !== null) this.#byTokenHash.set(digest, after)
    const former = digestOf(after.formerToken?.hash)
    // A node whose clock is ahead may already have given it to another instance.
    if (former !== null && !this.#byTokenHash.has(former)) this.#byTokenHash.set(former, after)
    this.#formerTokens.put(after)
    this.#byName.set(name, after)
    if (!before) this.#names?.add(name)
    if (before) this.#notify({ type: 'updated', before, after })
  }

  /** For backends: removes a record whose removal is durable. */
  drop(instance: Instance): void {
    this.#byName.delete(instance.name)
    this.#names?.delete(instance.name)
    this.#forgetTokens(instance)
    this.#formerTokens.drop(instance)
    this.#notify({ type: 'removed', before: instance, here: this.#removing.has(instance.name) })
  }

  /** For backends: the directory is used no more. */
  close(): void {
    this.#formerTokens.close()
  }

  /**
   * Claims a token during `work`, so that two writes at once cannot give it to two instances.
   * @param holder the instance that may have it already
   */
  async #withToken<T>(token: string, work: (tokenHash: Buffer) => Promise<T>, holder?: string): Promise<T> {
    const tokenHash = hashToken(token)
    const claim = digestOf(tokenHash)
    const owner = this.#byTokenHash.get(claim)?.name
    if ((owner !== undefined && owner !== holder) || this.#claimedTokens.has(claim)) throw new TokenTakenError()
    this.#claimedTokens.add(claim)
    try {
      return await work(tokenHash)
    } finally {
      this.#claimedTokens.delete(claim)
    }
  }

  #forgetTokens({ name, tokenHash, formerToken }: Instance): void {
    for (const hash of [tokenHash, formerToken?.hash]) {
      const digest = digestOf(hash) ?? ''
      // When changes are read together, another instance may already have been given this token.
      if (this.#byTokenHash.get(digest)?.name === name) this.#byTokenHash.delete(digest)
    }
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
