import type { Socket } from 'socket.io'
import type { Instance } from '../instances/instance.ts'

/** Sockets that were admitted and are not connected yet, which Socket.IO does one tick later. */
export class Joining {
  readonly #sockets = new Map<Socket, Instance | undefined>()

  /** True if another socket of the same connection is joining the same namespace. */
  has({ conn, nsp }: Socket): boolean {
    return this.#sockets.keys().some((socket) => socket.conn === conn && socket.nsp === nsp)
  }

  /** Returns the number of these sockets that the token of this instance authorized. */
  countByToken({ key }: Instance): number {
    return this.#sockets.values().reduce((count, tokenOf) => count + Number(tokenOf?.key === key), 0)
  }

  /** @param tokenOf the instance whose token authorized the socket */
  add(socket: Socket, tokenOf: Instance | undefined): void {
    this.#sockets.set(socket, tokenOf)
    // One whose connection has ended meanwhile is never connected.
    setImmediate(() => this.delete(socket))
  }

  /** Idempotent. */
  delete(socket: Socket): void {
    this.#sockets.delete(socket)
  }
}
