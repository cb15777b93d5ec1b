import type { Message } from './api/types.ts'

/** A list of events, newest first, with the chosen one at its place if the list does not have it any more. */
export function withSelected(events: readonly Message[], selected: Message | undefined): readonly Message[] {
  if (!selected || events.includes(selected)) return events
  const older = events.findIndex(({ offset }) => offset < selected.offset)
  return events.toSpliced(older < 0 ? events.length : older, 0, selected)
}
