import { LimitExceededError } from '../errors.ts'
import { saying } from '../message-code.ts'
import { type NewEvent, onlyInstance } from '../events/event.ts'
import type { InstanceDirectory } from '../instances/directory.ts'
import type { LogStore } from '../store/log-store.ts'

export interface RetainedLimitOptions {
  instances: Pick<InstanceDirectory, 'get'>
  log: Pick<LogStore, 'retainedBytes'>
  /** Bytes of instances without their own limit; 0: unlimited. */
  limit: number
  /** Name of an instance without limits. */
  except: string | undefined
}

/** Milliseconds until retention looks for events to remove. */
const RETRY_AFTER_MS = 60_000

/** Limits what each instance holds of the log. Its events are accepted as long as it holds less than its limit. */
export class RetainedLimit {
  readonly #options: RetainedLimitOptions

  constructor(options: RetainedLimitOptions) {
    this.#options = options
  }

  /** @throws {LimitExceededError} as `assertRoom`, for one of the instances of events */
  assertRooms(events: readonly Pick<NewEvent, 'instance'>[]): void {
    const only = onlyInstance(events)
    for (const name of only === undefined ? new Set(events.map(({ instance }) => instance)) : [only])
      this.assertRoom(name)
  }

  /** @throws {LimitExceededError} with `retryAfterMs`: an instance holds as much as it may */
  assertRoom(name: string): void {
    const { instances, log, except, ...defaults } = this.#options
    const instance = instances.get(name)
    const limit = instance?.limits.retainedBytes ?? defaults.limit
    if (!instance || limit === 0 || name === except || log.retainedBytes(instance.key) < limit) return
    const error = new LimitExceededError(name, 'retainedBytes', `${limit}, until older events are removed`)
    throw saying(error, { code: 'retainedExceeded', values: [name, limit] }, { retryAfterMs: RETRY_AFTER_MS })
  }
}
