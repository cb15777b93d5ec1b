import type { SetBack } from './returning-client.ts'

/** The ids of the epochs that a log had before something happened to it, and afterwards. */
export interface EpochChange {
  readonly had: readonly string[]
  readonly has: readonly string[]
}

/** Which epochs a log has forgotten. */
export class ForgottenEpochs {
  readonly #ids = new Set<string>()

  add({ had, has }: EpochChange): void {
    for (const id of had) if (!has.includes(id)) this.#ids.add(id)
  }

  /** True if a client was set back with reason: the log has lost what it dropped, or does not know whether it has. */
  explain({ log, before, after, isRepeated }: SetBack): boolean {
    if (log === undefined) return false
    return this.#ids.has(log) || (after < before && !isRepeated)
  }
}
