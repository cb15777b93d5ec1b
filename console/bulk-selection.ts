import { pageInstances, setSelection, type InstanceFilter } from './api/requests.ts'
import { ApiError } from './api/call.ts'
import type { Instance, Transport } from './api/types.ts'
import type { SelectionRequest } from '../lib/instances/selections.ts'
import type { Told } from './explain.ts'
import type { Running } from './running.ts'

/** Instances that were chosen by name, or those that fit a filter. */
export type WhichInstances = { names: readonly string[] } | { filter: InstanceFilter }

export interface SelectionProgress {
  /** Instances that were changed, or could not be. */
  done: number
  failed: number
  /** The first of those that could not be changed, and why. */
  failures: readonly ({ name: string } & Told)[]
}

export const NOTHING_SET: SelectionProgress = { done: 0, failed: 0, failures: [] }

/** Instances that are changed at the same time. */
const AT_ONCE = 4
const PAGE_SIZE = 500
/** Instances that could not be changed, and are listed. */
const LISTED = 100

/** Sets the selection of instances for a transport. One that fails does not stop the others. */
export async function setSelections(
  which: WhichInstances,
  { transport, request }: { transport: Transport; request: SelectionRequest },
  { signal, onProgress }: Running<SelectionProgress>
): Promise<void> {
  let progress = NOTHING_SET
  for await (const names of namePages(which, signal)) {
    const waiting = names.values()
    // Each of them takes the next name when it has done one.
    const takers = Array.from({ length: AT_ONCE }, async () => {
      for (const name of waiting) {
        signal.throwIfAborted()
        const failure = await failureOf(name, setSelection(transport, name, request))
        const { done, failed, failures } = progress
        progress = {
          done: done + 1,
          failed: failed + (failure ? 1 : 0),
          failures: failure && failures.length < LISTED ? [...failures, failure] : failures
        }
        onProgress(progress)
      }
    })
    // Also after a stop: the requests in flight change what the list shows.
    await Promise.allSettled(takers)
    await Promise.all(takers)
  }
}

async function failureOf(name: string, setting: Promise<unknown>) {
  try {
    await setting
    return undefined
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    // With this key, the others would fail as well.
    if (error.status === 401) throw error
    return { name, code: error.code, message: error.message, params: error.params }
  }
}

/** Names in their order, which the change of a selection does not change. */
async function* namePages(which: WhichInstances, signal: AbortSignal): AsyncGenerator<readonly string[]> {
  if ('names' in which) return yield which.names
  let after: Instance | undefined
  do {
    const query = { ...which.filter, sort: 'name', order: 'asc', after, limit: PAGE_SIZE } as const
    const { instances } = await pageInstances(query, signal)
    yield instances.map(({ name }) => name)
    after = instances.length === PAGE_SIZE ? instances.at(-1) : undefined
  } while (after)
}
