import type { Readable } from 'node:stream'

/** An error of a stream. A host's own stream may give it the status of the answer. */
type StreamError = Error & { statusCode?: unknown }

const NOTHING = Buffer.alloc(0)

export interface ReceiveOptions {
  /** Content length of the body in bytes; 0 if unknown. Memory for it is allocated with the first part. */
  announced: number
  /** Called with each part. If it throws, no more is read. */
  received: (part: Buffer) => void
}

/**
 * Receives a request body.
 * @param payload the request, or what a hook of the host has made of it
 * @param done is called once, without a promise: small bodies are many
 */
export function receiveBody(
  payload: Readable,
  { announced, received }: ReceiveOptions,
  done: (error: Error | null, body: Buffer) => void
): void {
  // Its client has left, as it may while a hook of the host waits: no event follows.
  if (payload.destroyed) return done(Object.assign(new Error('The body broke off'), { statusCode: 400 }), NOTHING)
  // Parts are copied as they arrive: joining them at the end would hold a large body in memory twice.
  let whole: Buffer | undefined
  let length = 0
  /** Parts beyond the announced length. */
  const more: Buffer[] = []
  const fail = (error: Error) => {
    payload.off('data', onData).off('end', onEnd).off('error', onError)
    done(error, NOTHING)
  }
  const onData = (part: Buffer | string) => {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part
    try {
      received(bytes)
    } catch (error) {
      return fail(error as Error)
    }
    if (!whole && bytes.length === announced) {
      whole = bytes
      length = announced
      return
    }
    whole ??= Buffer.allocUnsafe(announced)
    const copied = bytes.copy(whole, length)
    length += copied
    if (copied < bytes.length) more.push(bytes.subarray(copied))
  }
  const onEnd = () => {
    payload.off('error', onError)
    const begin = whole?.subarray(0, length) ?? NOTHING
    done(null, more.length === 0 ? begin : Buffer.concat([begin, ...more]))
  }
  const onError = (error: StreamError) => {
    if (!(typeof error.statusCode === 'number' && error.statusCode >= 400)) error.statusCode = 400
    fail(error)
  }
  payload.on('data', onData).on('end', onEnd).on('error', onError).resume()
}
