import type { Socket } from 'node:net'

/** What Node.js keeps to itself of the system's end of a connection. That of TLS has the one of TCP as its parent. */
interface Handle {
  readonly bytesWritten: number
  /** Bytes of the writes under way that the system has not taken. */
  readonly writeQueueSize: number
  readonly _parent?: Handle
}

/**
 * Bytes of a connection that the system has taken: they have been sent, or will be as soon as the other side makes room.
 * `writableLength` tells of whole writes only, however large one is: Node.js's own time-outs look at the same handle.
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
