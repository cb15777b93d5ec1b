import type { Readable } from 'node:stream'

/** An error of a stream. A host's own stream may give it the status of the answer. */
type StreamError = Error & { statusCode?: unknown }

/**
 * Receives a request body, and resolves with its parts.
 * @param payload the request, or what a hook of the host has made of it
 * @param received called with each part; if it throws, no more is read
 */
export function receiveBody(payload: Readable, received: (part: Buffer) => void): Promise<Buffer[]> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer[]>()
  const parts: Buffer[] = []
  const stop = () => payload.off('data', onData).off('end', onEnd).off('error', onError)
  const onData = (part: Buffer | string) => {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part
    try {
      received(bytes)
      parts.push(bytes)
    } catch (error) {
      stop()
      reject(error)
    }
  }
  const onEnd = () => {
    stop()
    resolve(parts)
  }
  const onError = (error: StreamError) => {
    stop()
    if (!(typeof error.statusCode === 'number' && error.statusCode >= 400)) error.statusCode = 400
    reject(error)
  }
  payload.on('data', onData).on('end', onEnd).on('error', onError).resume()
  return promise
}
