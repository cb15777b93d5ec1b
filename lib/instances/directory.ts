import type { EventFilter } from '../filters/event-filter.ts'
import type { Omission } from '../filters/omission.ts'
import type { InstanceLimits } from './limits.ts'
import type { NamePage } from './names.ts'
import type { Instance, TransportName } from './instance.ts'

/** A change of an instance that is durable. */
export type InstanceChange =
  | {
      readonly type: 'removed'
      readonly before: Instance
      /** True if this process has removed it, so that what is to be done once is not done by each node. */
      readonly here: boolean
    }
  | { readonly type: 'updated'; readonly before: Instance; readonly after: Instance }

/** A selection to be stored. */
export interface SelectionInput {
  enabled: boolean
  /** Event keys. */
  events: readonly string[]
  /** The filter of these events by their `data`; all are delivered if absent. */
  filter?: EventFilter | undefined
  /** Members of `data` that are left out; absent: none. */
  omit?: Omission | undefined
}

/** An instance to be created. */
export interface CreateInstanceInput {
  name: string
  token: string
  integration?: string | null
  silenceAfterMinutes?: number | null
  limits?: InstanceLimits
  selections?: { [T in TransportName]?: SelectionInput }
}

/** Options of `InstanceDirectory.setToken`. */
export interface SetTokenOptions {
  /** Milliseconds for which the replaced token is still valid. @default 0 */
  keepOldForMs?: number
}

/** All instances, by name. Reads are answered from memory; writes resolve when they are durable and seen by reads. */
export interface InstanceDirectory {
  /** Number of instances. */
  readonly size: number

  /** `undefined` if there is no instance of this name. */
  get(name: string): Instance | undefined

  /** @throws {InstanceNotFoundError} */
  require(name: string): Instance

  /** All instances in the order of registration. Changes during the iteration are seen. */
  list(): IteratorObject<Instance>

  /** A page of instances, sorted by name. Instances removed meanwhile are left out. */
  page(options: NamePage): Promise<Instance[]>

  /** The instance for which this token is valid. The time that the search takes must not depend on the token. */
  findByToken(token: string): Instance | undefined

  /**
   * Reserves a token that no instance may have, such as the global key.
   * @throws {OptionsInvalidError} an instance has it already
   */
  reserveToken(token: string): void

  /** Calls `watcher` after each removal and update, once durable and seen by reads. Returns how to stop it. */
  watch(watcher: (change: InstanceChange) => void): () => void

  /**
   * Creates an instance with a token, or gives a token to an instance that was registered without one.
   * @throws {InstanceExistsError} it has a token already @throws {TokenTakenError} another instance has this token
   * @throws {InstanceNameError} @throws {ValidationError} `integration` has characters that cannot be stored
   */
  create(input: CreateInstanceInput): Promise<Instance>

  /** Registers an instance without a token, unless one of this name exists. Resolves with the new or the existing one. */
  register(name: string, integration: string | null): Promise<Instance>

  /**
   * Gives an instance a token. The one before stays valid for `keepOldForMs` as its `formerToken`; a former token that is still
   * valid ends now. The current token again changes how long the former one is valid from now on.
   * @throws {InstanceNotFoundError} @throws {TokenTakenError} the token is another instance's, or reserved
   */
  setToken(name: string, token: string, options?: SetTokenOptions): Promise<Instance>

  /**
   * Sets the minutes without an event after which an instance is silent; 0: never, `null`: the server's value. Idempotent.
   * @throws {InstanceNotFoundError}
   */
  setSilence(name: string, silenceAfterMinutes: number | null): Promise<Instance>

  /** Replaces the limits of an instance. Idempotent. @throws {InstanceNotFoundError} */
  setLimits(name: string, limits: InstanceLimits): Promise<Instance>

  /**
   * Replaces the selection of a transport.
   * @param options `register`: whether an unknown instance is registered; `onlyFor`: key of the only instance that it is for
   * @throws {InstanceNotFoundError} the instance is unknown and `register` is false, or has another key
   * @throws {InstanceNameError}
   */
  setSelection(
    name: string,
    transport: TransportName,
    input: SelectionInput,
    options: { register: boolean; onlyFor?: number | undefined }
  ): Promise<Instance>

  /** Removes an instance. Resolves with the removed record. @throws {InstanceNotFoundError} */
  remove(name: string): Promise<Instance>
}
