import { InstanceNotFoundError, TooManyInstancesError } from '../errors.ts'
import type { InstanceDirectory } from './directory.ts'
import { assertNewName } from './name.ts'

export interface AutoRegistrationOptions {
  instances: InstanceDirectory
  /** False: instances must be created first. */
  enabled: boolean
  /** Number of instances from which on unknown ones must be created first. Created ones count, and are not limited. */
  max: number
}

/** Milliseconds after which to try again while there are too many instances: somebody must delete some, or raise the limit. */
const RETRY_AFTER_MS = 60_000

/** Decides which unknown instances are registered by their first event or selection. */
export class AutoRegistration {
  /** False: instances must be created first. */
  readonly enabled: boolean
  readonly #options: AutoRegistrationOptions
  /** Names that are being registered, with the number of calls that do. */
  readonly #begun = new Map<string, number>()

  constructor(options: AutoRegistrationOptions) {
    this.enabled = options.enabled
    this.#options = options
  }

  /**
   * Begins a call that registers an unknown instance. Call `end` when the call is over.
   * @throws {InstanceNotFoundError} instances must be created first @throws {InstanceNameError} {TooManyInstancesError}
   */
  begin(name: string): void {
    const { instances, max } = this.#options
    if (!this.enabled) throw new InstanceNotFoundError(name)
    assertNewName(name)
    const calls = this.#begun.get(name) ?? 0
    if (calls === 0 && instances.size + this.#begun.size >= max)
      throw Object.assign(new TooManyInstancesError(name, max), { retryAfterMs: RETRY_AFTER_MS })
    this.#begun.set(name, calls + 1)
  }

  end(name: string): void {
    const calls = this.#begun.get(name) as number
    if (calls > 1) this.#begun.set(name, calls - 1)
    else this.#begun.delete(name)
  }
}
