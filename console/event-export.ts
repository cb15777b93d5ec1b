import type { Message } from './api/types.ts'

/** The bounds of one file. */
export const MAX_EXPORTED = 100_000
export const MAX_EXPORTED_BYTES = 128 * 1024 * 1024

export interface ExportProgress {
  events: number
  /** The lines so far. Their bytes are not in the memory of the page. */
  file: Blob
  /** True if the file has reached a bound, and more events follow. */
  cut: boolean
}

/** A part of the log: its events, and where the next one begins, if there is one. */
export interface ExportedPart {
  events: readonly Message[]
  before: number | undefined
}

/**
 * Writes events into a file in NDJSON, newest first. Yields the file so far after each part.
 * @param read reads the next part; what it throws ends the export
 */
export async function* exportSteps(
  read: (before: number | 'latest') => Promise<ExportedPart>,
  bounds: { events: number; bytes: number } = { events: MAX_EXPORTED, bytes: MAX_EXPORTED_BYTES }
): AsyncGenerator<ExportProgress, void> {
  let file = new Blob([], { type: 'application/x-ndjson' })
  let events = 0
  let before: number | 'latest' | undefined = 'latest'
  const offsets = new Set<number>()
  while (before !== undefined) {
    const part: ExportedPart = await read(before)
    const fresh = part.events.filter(({ offset }) => !offsets.has(offset)).slice(0, bounds.events - events)
    for (const { offset } of fresh) offsets.add(offset)
    file = new Blob([file, ...fresh.map((event) => `${JSON.stringify(event)}\n`)], { type: file.type })
    events += fresh.length
    before = part.before
    const cut = before !== undefined && (events >= bounds.events || file.size >= bounds.bytes)
    yield { events, file, cut }
    if (cut) return
  }
}
