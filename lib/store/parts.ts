import type { NewEvent } from '../events/event.ts'
import { LINE_SHARE } from './fair-lines.ts'

/** What the row of an event has instead of large data. */
export interface PartsReference<Key> {
  readonly parts: Key
  /** Bytes of all of them. */
  readonly bytes: number
}

/** Characters of a part, at most. It is written in less than a millisecond. */
export const PART_CHARACTERS = 262_144
/** Full parts that are written at once. Beside what others write it is one, so that neither waits for long. */
const PARTS_AT_ONCE = 1 / LINE_SHARE
const NONE: readonly undefined[] = []

/** The share of a batch that a part with so many characters takes. */
export function weightOfPart(characters: number): number {
  return characters / PART_CHARACTERS / PARTS_AT_ONCE
}

/** True if data is written in parts. */
export function isLarge(data: string): boolean {
  return data.length > PART_CHARACTERS
}

/** Begins uploads of the events whose data is large. @returns one element for each event; none if no data is large */
export function beginUploads<Upload>(
  events: readonly NewEvent[],
  begin: (event: NewEvent) => Upload | undefined
): readonly (Upload | undefined)[] {
  return events.some(({ data }) => isLarge(data)) ? events.map(begin) : NONE
}

/** Cuts a text into parts. A character of two code units is not cut. */
export function cut(text: string): string[] {
  const parts: string[] = []
  for (let begin = 0; begin < text.length;) {
    const end = begin + PART_CHARACTERS
    const isCut = isHighSurrogate(text.charCodeAt(end - 1))
    parts.push(text.slice(begin, isCut ? end - 1 : end))
    begin += (parts.at(-1) as string).length
  }
  return parts
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00
}
