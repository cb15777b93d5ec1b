import type { Socket } from 'node:net'

/** Node.js's private handle of a connection. The handle of TLS has that of TCP as its parent. */
interface Handle {
  readonly bytesWritten: number
  /** Bytes of the writes in progress that the system has not accepted. */
  readonly writeQueueSize: number
  readonly _parent?: Handle
}

/**
 * Returns the bytes of a connection that the system has accepted: it has sent them, or sends them as soon as the client has
 * room. `writableLength` counts a write until all of it is accepted, however large it is. Node.js's timeouts use the handle, too.
 */
export function takenBytes(socket: Pick<Socket, 'bytesWritten' | 'writableLength'> & { _handle?: unknown }): number {
  // oxlint-disable-next-line no-underscore-dangle
  const handle = socket._handle as Handle | null | undefined
  // oxlint-disable-next-line no-underscore-dangle
  const { bytesWritten, writeQueueSize } = handle?._parent ?? handle ?? {}
  return typeof bytesWritten === 'number' && typeof writeQueueSize === 'number'
    ? bytesWritten - writeQueueSize
    : socket.bytesWritten - socket.writableLength
}
