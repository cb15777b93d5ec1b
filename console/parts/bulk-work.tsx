import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import type { ApiError } from '../api/call.ts'
import type { Running } from '../running.ts'
import { toApiError } from '../state/use-loaded.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'
import { Problem } from './problem.tsx'

export interface BulkWorkProps<Progress extends { done: number }> {
  title: string
  /** Number of items. */
  total: number
  begin: Progress
  /** Does the work, once. It ends early by a rejection after `signal` is aborted. */
  run: (running: Running<Progress>) => Promise<void>
  /** Shown while the work continues. */
  help: string
  /** Further parts of the line that says how far it is. */
  summary: (progress: Progress) => string[]
  /** Called when the work has ended in any way. */
  onDone: () => void
  onClose: () => void
  children: (progress: Progress) => ComponentChildren
}

/** Work on many items, with its progress and a button that stops it. Another work needs another `key`. */
export function BulkWork<Progress extends { done: number }>(props: BulkWorkProps<Progress>) {
  const { title, total, begin, run, help, summary, onDone, onClose, children } = props
  const { work: t } = texts.value
  const f = formats.value
  const id = useId()
  const [progress, setProgress] = useState(begin)
  const [error, setError] = useState<ApiError | undefined>()
  const [state, setState] = useState<'working' | 'finished' | 'stopped'>('working')
  const controller = useRef(new AbortController())

  useEffect(() => {
    const { signal } = controller.current
    run({ signal, onProgress: setProgress })
      .then(
        () => setState('finished'),
        (error: unknown) => {
          if (!signal.aborted) setError(toApiError(error))
          setState('stopped')
        }
      )
      .finally(onDone)
    return () => controller.current.abort()
  }, [])

  const isWorking = state === 'working'
  const ended = isWorking ? [] : [t[state]]
  return (
    <section class="card work" aria-label={title}>
      <p id={id} role="status">
        {title}: {[t.progress(f.count(progress.done), f.count(total)), ...summary(progress), ...ended].join(' · ')}
      </p>
      <progress aria-labelledby={id} max={Math.max(total, 1)} value={progress.done} />
      {children(progress)}
      {isWorking && <p class="muted">{help}</p>}
      <Problem error={error} />
      <div class="row end">
        <button type="button" onClick={isWorking ? () => controller.current.abort() : onClose}>
          {isWorking ? t.stop : texts.value.close}
        </button>
      </div>
    </section>
  )
}
