import type { Socket } from 'socket.io'
import type { Instance } from '../store/types.ts'
import type { Outbox } from './outbox.ts'
import type { Scope } from './scope.ts'

/** A socket that was admitted. */
export interface Listener {
  readonly socket: Socket
  readonly outbox: Outbox
  readonly scope: Scope
  /** Whose token opened it; `undefined` for the global key and allowed hosts. */
  readonly tokenOf: Instance | undefined
}
