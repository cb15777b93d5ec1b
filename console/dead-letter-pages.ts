import { listDeadLetters, type DeadLetterFilter } from './api/requests.ts'
import type { DeadLetter } from './api/types.ts'
import { inChunks } from './in-chunks.ts'

/** Dead letters that were chosen, or those that fit a filter. */
export type WhichDeadLetters =
  | { letters: readonly DeadLetter[] }
  | {
      filter: DeadLetterFilter
      /** Number of those that are meant: later ones are not. */
      count: number
    }

/** Dead letters that are in memory at once. */
const PAGE = 500

/** Number of dead letters that are meant. */
export function countOf(which: WhichDeadLetters): number {
  return 'letters' in which ? which.letters.length : which.count
}

/** Reads dead letters page by page, oldest first. One that becomes a dead letter again is not read again. */
export async function* deadLetterPages(
  which: WhichDeadLetters,
  signal: AbortSignal
): AsyncGenerator<readonly DeadLetter[]> {
  if ('letters' in which) return yield* inChunks(which.letters, PAGE)
  let left = which.count
  for (let after = 0, more = true; more && left > 0;) {
    const page = await listDeadLetters({ ...which.filter, after, limit: Math.min(PAGE, left) }, signal)
    yield page.deadLetters
    left -= page.deadLetters.length
    ;({ after, more } = page)
  }
}
