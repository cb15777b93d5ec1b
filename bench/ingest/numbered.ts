import { type EventSize, sampleEvent } from '../harness/sample-events.ts'

/** Below the first number: all numbers have as many digits, so that bytes are made once and digits overwritten. */
const BASE = 1_000_000_000
const MARK = `"n":${BASE}`
let connections = 0

/**
 * The body of one connection's requests, with events numbered `{"c":"<connection>","n":<number>}`.
 * @param perRequest more than 1: an array of so many
 */
export function numberedBody(size: EventSize, perRequest: number): string {
  const { event, data, sender, serverUrl } = sampleEvent(size)
  const connection = JSON.stringify(`${process.pid}-${++connections}`)
  const numbered = `{"c":${connection},${MARK},${JSON.stringify(data).slice(1)}`
  const one = `{"event":${JSON.stringify(event)},"data":${numbered},${JSON.stringify({ sender, serverUrl }).slice(1)}`
  return perRequest === 1 ? one : `[${Array.from({ length: perRequest }, () => one).join(',')}]`
}

/** The bytes of a body, or of a request with that body. */
export class Numbered {
  readonly #bytes: Buffer
  readonly #places: number[] = []
  #number = BASE

  constructor(text: string) {
    this.#bytes = Buffer.from(text)
    for (let at = this.#bytes.indexOf(MARK); at >= 0; at = this.#bytes.indexOf(MARK, at + MARK.length)) {
      this.#places.push(at + MARK.indexOf(String(BASE)))
    }
  }

  /** The next numbers, in the buffer of the numbers before. */
  next(): Buffer {
    for (const place of this.#places) this.#bytes.write(String(++this.#number), place, 'latin1')
    return this.#bytes
  }
}
