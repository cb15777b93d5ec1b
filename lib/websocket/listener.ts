import type { Socket } from 'socket.io'
import type { Instance } from '../instances/instance.ts'
import type { SocketWriter } from './socket-writer.ts'
import type { Scope } from './scope.ts'

/** A socket that was admitted. */
export interface Listener {
  readonly socket: Socket
  readonly writer: SocketWriter
  readonly scope: Scope
  /** Whose token opened it; `undefined` for the global key and allowed hosts. */
  readonly tokenOf: Instance | undefined
}
