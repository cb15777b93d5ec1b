import type { NamePage } from './names.ts'
import type { CreateInstanceInput, InstanceChange, SelectionInput } from './memory-directory.ts'
import type { Instance, TransportName } from './instance.ts'

/** All instances by name: reads are answered from memory, writes resolve when they are durable and visible here. */
export interface InstanceDirectory {
  /** How many there are. */
  readonly size: number

  get(name: string): Instance | undefined

  /** @throws {InstanceNotFoundError} */
  require(name: string): Instance

  /** All, in the order in which they were registered. What changes while it is walked is seen. */
  list(): IteratorObject<Instance>

  /** Some, sorted by name. Those that are removed while it works are left out. */
  page(options: NamePage): Promise<Instance[]>

  /** The instance that a token opens. How long it takes must say nothing of the token. */
  findByToken(token: string): Instance | undefined

  /**
   * Keeps a token for something that is no instance: none will get it.
   * @throws {OptionsInvalidError} an instance has it, and would open everything
   */
  reserveToken(token: string): void

  /** Tells of removals and updates once they are durable and visible here. Returns how to stop it. */
  watch(watcher: (change: InstanceChange) => void): () => void

  /**
   * Makes an instance with a token, or gives one to an instance that was registered without.
   * @throws {InstanceExistsError} it has a token already @throws {TokenTakenError} another instance has this token
   * @throws {InstanceNameError} {ValidationError} text that cannot be stored as it is
   */
  create(input: CreateInstanceInput): Promise<Instance>

  /** Idempotent. @throws {InstanceNotFoundError} @throws {TokenTakenError} something else has this token */
  setToken(name: string, token: string): Promise<Instance>

  /**
   * Stores a selection, whole; registers the instance if `register` says so.
   * @throws {InstanceNotFoundError} there is none, and `register` is false
   */
  setSelection(
    name: string,
    transport: TransportName,
    input: SelectionInput,
    options: { register: boolean }
  ): Promise<Instance>

  /** Resolves with what it was. @throws {InstanceNotFoundError} */
  remove(name: string): Promise<Instance>
}
