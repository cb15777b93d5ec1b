import { readForExport, type LogFilter } from '../api/log.ts'
import { exportSteps, type ExportProgress } from '../event-export.ts'
import { useSteps } from '../state/use-steps.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'
import { Problem } from './problem.tsx'

/** Events of one request. */
const LIMIT = 1_000

/** Writes the events of a search and filter into a file, with progress. @param query `search` is empty without a search */
export function ExportEvents({ query, onClose }: { query: LogFilter & { search: string }; onClose: () => void }) {
  const t = texts.value
  const { state, done, error, stop } = useSteps<ExportProgress>({
    begin: (signal) => exportSteps((before) => readForExport({ ...query, before, limit: LIMIT }, signal)),
    onEnd: (last) => {
      if (last)
        save(last.file, `events-${query.instance ?? 'all'}-${new Date().toISOString().replaceAll(':', '')}.ndjson`)
    }
  })
  const isWorking = state === 'working'
  const end = state === 'stopped' ? t.log.exportStopped : done?.cut ? t.log.exportCut : t.log.exportDone
  return (
    <div class="card work">
      <div class="row nowrap">
        <p role="status" class="grow">
          {t.log.exporting(formats.value.count(done?.events ?? 0))}
          {!isWorking && ` ${end}`}
        </p>
        <button type="button" onClick={isWorking ? stop : onClose}>
          {isWorking ? t.log.stop : t.close}
        </button>
      </div>
      <Problem error={error} />
    </div>
  )
}

function save(file: Blob, name: string): void {
  const url = URL.createObjectURL(file)
  const link = document.createElement('a')
  link.href = url
  // Names of instances may have characters that names of files cannot have.
  link.download = name.replace(/[^\p{L}\p{N}._-]/gu, '_')
  link.click()
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
