import { setImmediate } from 'node:timers/promises'
import { isJid, jidSearch } from '../erasure/jid.ts'
import type { StoredEvent } from '../events/event.ts'
import { cutBefore, unescaped } from '../json/unescaped.ts'

/** Characters that are searched in one turn of the event loop. */
const SLICE = 262_144
/** Characters of one character of a text, at most: `\u00e9`. */
const ESCAPE = 6

/** Characters that JSON escapes, or may escape. */
const ESCAPED = /["\\/\p{Cc}]/u

/** Returns true if an event has a text. */
export type EventSearch = (event: StoredEvent) => Promise<boolean>

/**
 * Returns a search for a text, regardless of case, in `data` and further members as JSON, in the sender and in the id. Escapes
 * are read as their characters: `say "hi"` is found in `{"text":"say \"hi\""}`. A WhatsApp JID is found in its other forms, too.
 */
export function eventSearch(text: string): EventSearch {
  const wanted = text.toLowerCase()
  const plain = longestPlain(wanted)
  const names = isJid(text) ? jidSearch(text) : undefined
  const has = async (json: string) => (await contains(json, { wanted, plain })) || (await names?.(json)) === true
  return async ({ data, extra, envelope, id }) =>
    (await has(data)) ||
    (await has(extra)) ||
    // The envelope also has the URL and the time, which are not searched.
    ((await has(envelope)) && ((await has(senderOf(envelope))) || id.toLowerCase().includes(wanted)))
}

/** The longest part of a text that JSON has as it is, unless it escapes letters by their numbers. */
function longestPlain(text: string): string {
  return text.split(ESCAPED).reduce((longest, part) => (part.length > longest.length ? part : longest))
}

interface Wanted {
  /** In lower case. */
  wanted: string
  /** The part of it that is looked for first: to replace escapes takes much longer. */
  plain: string
}

async function contains(json: string, { wanted, plain }: Wanted): Promise<boolean> {
  for (let at = 0; at < json.length;) {
    if (at > 0) await setImmediate()
    const next = cutBefore(json, at + SLICE, at)
    // What begins before the end of a slice may end behind it.
    const end = cutBefore(json, next + wanted.length * ESCAPE, next)
    const slice = json.slice(at, end)
    const mayHave = slice.includes('\\u') || slice.toLowerCase().includes(plain)
    if (mayHave && unescaped(slice).toLowerCase().includes(wanted)) return true
    at = next
  }
  return false
}

function senderOf(envelope: string): string {
  const { sender } = JSON.parse(`{${envelope}}`) as { sender?: string | null }
  return JSON.stringify(sender ?? null)
}
