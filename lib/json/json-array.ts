import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'

/** Characters written at once: little enough that the event loop turns between them. */
const CHUNK_CHARACTERS = 65_536

/** A JSON array of any length, written as fast as it is read; no more than a chunk of it is held. */
export function jsonArray(items: Iterable<unknown>): Readable {
  return Readable.from(chunks(items), { objectMode: false })
}

async function* chunks(items: Iterable<unknown>): AsyncGenerator<string> {
  let chunk = '['
  let separator = ''
  for (const item of items) {
    chunk += separator + JSON.stringify(item)
    separator = ','
    if (chunk.length < CHUNK_CHARACTERS) continue
    yield chunk
    chunk = ''
    await setImmediate()
  }
  yield `${chunk}]`
}
