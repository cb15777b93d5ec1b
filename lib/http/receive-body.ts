import type { Readable } from 'node:stream'

/** An error of a stream. A host's own stream may give it the status of the answer. */
type StreamError = Error & { statusCode?: unknown }

/**
 * Receives a request body.
 * @param payload the request, or what a hook of the host has made of it
 * @param received called with the length of each part; if it throws, no more is read
 * @param done called once, with the error or with all parts
 */
export function receiveBody(
  payload: Readable,
  received: (bytes: number) => void,
  done: (error: Error | null, parts: Buffer[]) => void
): void {
  const parts: Buffer[] = []
  const end = (error: Error | null) => {
    payload.off('data', onData).off('end', onEnd).off('error', onError)
    done(error, parts)
  }
  const onData = (part: Buffer | string) => {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part
    try {
      received(bytes.length)
    } catch (error) {
      end(error as Error)
      return
    }
    parts.push(bytes)
  }
  const onEnd = () => end(null)
  const onError = (error: StreamError) => {
    if (!(typeof error.statusCode === 'number' && error.statusCode >= 400)) error.statusCode = 400
    end(error)
  }
  payload.on('data', onData).on('end', onEnd).on('error', onError).resume()
}
