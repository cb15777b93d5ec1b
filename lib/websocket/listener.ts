import type { Socket } from 'socket.io'
import type { Instance } from '../instances/instance.ts'
import type { Scope } from './scope.ts'
import type { SocketWriter } from './socket-writer.ts'

/** A socket that was admitted. */
export interface Listener {
  readonly socket: Socket
  readonly writer: SocketWriter
  readonly scope: Scope
  /** The instance whose token authorized it; `undefined` for the global key and allowed hosts. */
  readonly tokenOf: Instance | undefined
  /** True if it came with an offset: it is told which offsets its events have, and of which log. */
  readonly resumes: boolean
}
