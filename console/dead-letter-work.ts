import { ApiError } from './api/call.ts'
import { discardDeadLetters, readOutcomes, redriveDeadLetters } from './api/requests.ts'
import type { DeadLetter } from './api/types.ts'
import { deadLetterPages, type WhichDeadLetters } from './dead-letter-pages.ts'
import { inChunks } from './in-chunks.ts'
import { NOTHING_REDRIVEN, RedriveTally, type Redriven } from './redrive-tally.ts'
import type { Running } from './running.ts'

/** Dead letters of one request: few enough for visible progress. */
const CHUNK = 50
/** Ids in the URL of one request. */
const ASKED = 500
/** Milliseconds between two looks at what became of redriven dead letters. */
const LOOK_MS = 500
/** Pending ones from which on no more are redriven. */
const MAX_OPEN = 2_000

/** Discards dead letters. Those that somebody else has handled meanwhile are counted as gone. */
export async function discard(which: WhichDeadLetters, { signal, onProgress }: Running<Redriven>) {
  let { done, gone } = NOTHING_REDRIVEN
  for await (const page of deadLetterPages(which, signal))
    for (const chunk of inChunks(page, CHUNK)) {
      const taken = await takeThere(chunk, { take: discardDeadLetters, signal })
      gone += chunk.length - taken.length
      onProgress({ ...NOTHING_REDRIVEN, done: (done += chunk.length), gone })
    }
}

/** Redrives dead letters, and looks what becomes of them until none is pending. */
export async function redrive(which: WhichDeadLetters, { signal, onProgress }: Running<Redriven>) {
  const tally = new RedriveTally()
  const open = new Map<number, DeadLetter>()
  const state = { isRedriving: true }
  const begun = (async () => {
    for await (const page of deadLetterPages(which, signal))
      for (const chunk of inChunks(page, CHUNK)) {
        while (open.size >= MAX_OPEN) await rest(signal)
        const taken = await takeThere(chunk, { take: redriveDeadLetters, signal })
        for (const letter of taken) open.set(letter.id, letter)
        tally.addGone(chunk.length - taken.length)
      }
  })().finally(() => (state.isRedriving = false))
  // Its error is thrown below.
  begun.catch(() => {})
  try {
    while (state.isRedriving || open.size > 0) {
      for (const ids of inChunks([...open.keys()], ASKED))
        for (const outcome of await readOutcomes(ids, signal)) {
          const letter = open.get(outcome.id)
          if (!letter || outcome.outcome === 'pending') continue
          open.delete(outcome.id)
          tally.add(letter, outcome)
        }
      onProgress(tally.state)
      await Promise.race([rest(signal), ...(state.isRedriving ? [begun] : [])])
    }
  } finally {
    // Also after a stop: the request in flight changes what the lists show.
    await begun
  }
  onProgress(tally.state)
}

interface Taking {
  take: (ids: number[]) => Promise<void>
  signal: AbortSignal
}

/** Takes those of a chunk that are still dead letters. The server changes none if one of them is not. */
async function takeThere(chunk: readonly DeadLetter[], { take, signal }: Taking): Promise<readonly DeadLetter[]> {
  for (let there = chunk; there.length > 0;) {
    signal.throwIfAborted()
    try {
      await take(there.map(({ id }) => id))
      return there
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'IEV_DEAD_LETTER_NOT_FOUND') throw error
      const outcomes = await readOutcomes(
        there.map(({ id }) => id),
        signal
      )
      const dead = new Set(outcomes.filter(({ outcome }) => outcome === 'dead').map(({ id }) => id))
      there = there.filter(({ id }) => dead.has(id))
    }
  }
  return []
}

function rest(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    setTimeout(() => (signal.aborted ? reject(signal.reason as Error) : resolve()), LOOK_MS)
  })
}
