import { useEffect, useState } from 'preact/hooks'
import type { ApiError } from '../api/call.ts'
import { getOutcome } from '../api/requests.ts'
import type { EventOutcome } from '../api/types.ts'
import { toApiError } from './use-loaded.ts'

/** Milliseconds between two requests: they double from the first to the last. */
const FIRST_MS = 250
const LAST_MS = 4_000

/** What is known of an event that was sent. */
export interface FollowedOutcome {
  outcome?: EventOutcome
  /** Why the server cannot say it. */
  error?: ApiError
}

/** Follows what becomes of an event until all of its queues have it or have given it up. Sockets receive it meanwhile. */
export function useOutcome(instance: string, offset: number): FollowedOutcome {
  const [followed, setFollowed] = useState<FollowedOutcome>({})
  useEffect(() => {
    const controller = new AbortController()
    let timer: ReturnType<typeof setTimeout>
    async function ask(round: number): Promise<void> {
      let isSettled = false
      try {
        const outcome = await getOutcome(instance, offset, controller.signal)
        if (controller.signal.aborted) return
        setFollowed({ outcome })
        isSettled = round > 0 && outcome.queues.every((queue) => queue.outcome !== 'pending')
      } catch (error) {
        if (controller.signal.aborted) return
        const failure = toApiError(error)
        isSettled = failure.status >= 400 && failure.status < 500
        if (isSettled) setFollowed({ error: failure })
      }
      if (!isSettled) timer = setTimeout(() => void ask(round + 1), Math.min(FIRST_MS * 2 ** round, LAST_MS))
    }
    setFollowed({})
    void ask(0)
    return () => {
      controller.abort()
      clearTimeout(timer)
    }
  }, [instance, offset])
  return followed
}
