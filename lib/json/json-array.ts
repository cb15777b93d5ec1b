import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'

/** Characters that are written at once; the event loop turns between two chunks. */
const CHUNK_CHARACTERS = 65_536

/** Writes a JSON array of any length as a stream, as fast as it is read. One chunk of it is in memory at a time. */
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
