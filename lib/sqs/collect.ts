import type { Readable } from 'node:stream'
import { CallError } from './failures.ts'
import { type AwsService, notThere } from './foreign-answer.ts'

/** Bytes of an answer. Answers of AWS have a few thousand; an error text of megabytes is still read as an error. */
const MAX_BYTES = 4 * 1_048_576

/** Returns a reader of answers. It throws a `CallError` for an answer that is longer than any of the service's. */
export function collector(service: AwsService) {
  return async (body: Readable): Promise<Uint8Array> => {
    const chunks: Buffer[] = []
    let length = 0
    for await (const chunk of body as AsyncIterable<Buffer>) {
      length += chunk.length
      // Leaving the loop destroys the connection.
      if (length > MAX_BYTES) throw new CallError(notThere(service, `More than ${MAX_BYTES} bytes`))
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  }
}
