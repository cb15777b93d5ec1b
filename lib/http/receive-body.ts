import type { Readable } from 'node:stream'

/** An error of a stream. A host's own stream may give it the status of the answer. */
type StreamError = Error & { statusCode?: unknown }

export interface ReceiveOptions {
  /** Bytes that the body is said to have; 0: not known. Memory for them is taken with the first part. */
  announced: number
  /** Called with each part. If it throws, no more is read. */
  received: (part: Buffer) => void
}

/**
 * Receives a request body.
 * @param payload the request, or what a hook of the host has made of it
 */
export function receiveBody(payload: Readable, { announced, received }: ReceiveOptions): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  // Parts are copied as they come: kept until the end, a large body would be in memory twice.
  let whole: Buffer | undefined
  let length = 0
  /** What follows if the body is longer than was announced. */
  const more: Buffer[] = []
  const stop = () => payload.off('data', onData).off('end', onEnd).off('error', onError)
  const onData = (part: Buffer | string) => {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part
    try {
      received(bytes)
      whole ??= Buffer.allocUnsafe(announced)
      const copied = bytes.copy(whole, length)
      length += copied
      if (copied < bytes.length) more.push(bytes.subarray(copied))
    } catch (error) {
      stop()
      reject(error)
    }
  }
  const onEnd = () => {
    stop()
    const begin = whole?.subarray(0, length) ?? Buffer.alloc(0)
    resolve(more.length === 0 ? begin : Buffer.concat([begin, ...more]))
  }
  const onError = (error: StreamError) => {
    stop()
    if (!(typeof error.statusCode === 'number' && error.statusCode >= 400)) error.statusCode = 400
    reject(error)
  }
  payload.on('data', onData).on('end', onEnd).on('error', onError).resume()
  return promise
}
