import { useEffect, useId, useState } from 'preact/hooks'
import type { ApiError } from '../api/call.ts'
import { listDeadLetters } from '../api/requests.ts'
import { inChunks } from '../in-chunks.ts'
import { toApiError } from '../state/use-loaded.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'
import { Problem } from './problem.tsx'

/** Dead letters of one request: few enough for visible progress. */
const CHUNK = 50
/** Ids read by one request. */
const READ = 1_000

export interface Work {
  title: string
  /** Ids of dead letters; without them, those that match the filter. */
  ids?: number[]
  filter?: { instance?: string | undefined; reason?: string }
  act: (ids: number[]) => Promise<void>
}

/** Redrives or discards dead letters in chunks, with progress. */
export function BulkWork({ work, onDone, onClose }: { work: Work; onDone: () => void; onClose: () => void }) {
  const t = texts.value
  const f = formats.value
  const id = useId()
  const [total, setTotal] = useState<number | undefined>(work.ids?.length)
  const [done, setDone] = useState(0)
  const [error, setError] = useState<ApiError | undefined>()
  const [ended, setEnded] = useState(false)

  useEffect(() => {
    const controller = new AbortController()
    setTotal(work.ids?.length)
    setDone(0)
    setError(undefined)
    setEnded(false)
    run(controller.signal)
      .catch((error: unknown) => controller.signal.aborted || setError(toApiError(error)))
      .finally(() => {
        if (controller.signal.aborted) return
        setEnded(true)
        onDone()
      })
    return () => controller.abort()
  }, [work])

  async function run(signal: AbortSignal): Promise<void> {
    // A redriven delivery that fails again has a new id, which is not in the list.
    const ids = work.ids ?? (await findIds(work.filter ?? {}, signal))
    setTotal(ids.length)
    for (const chunk of inChunks(ids, CHUNK)) {
      signal.throwIfAborted()
      await work.act(chunk)
      setDone((before) => before + chunk.length)
    }
  }

  return (
    <div class="card work">
      <p id={id} role="status">
        {work.title}: {total === undefined ? t.loading : t.dead.progress(f.count(done), f.count(total))}
        {ended && !error && ` ${t.dead.finished}`}
      </p>
      <progress aria-labelledby={id} {...(total !== undefined && { max: Math.max(total, 1), value: done })} />
      <Problem error={error} />
      <div class="row end">
        <button type="button" onClick={onClose}>
          {ended ? t.close : t.dead.stop}
        </button>
      </div>
    </div>
  )
}

async function findIds(filter: NonNullable<Work['filter']>, signal: AbortSignal): Promise<number[]> {
  const ids: number[] = []
  for (let after = 0, more = true; more;) {
    const page = await listDeadLetters({ ...filter, after, limit: READ }, signal)
    ids.push(...page.deadLetters.map(({ id }) => id))
    ;({ after, more } = page)
  }
  return ids
}
