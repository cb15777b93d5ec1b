import type { TokenHolder } from '../instances/api-keys.ts'
import type { Admitted } from './admission.ts'
import { Scope, type ScopeOptions } from './scope.ts'
import type { Writer } from './writer.ts'

/** An admitted client: a socket, or an HTTP request with a stream of events. */
export interface Listener {
  readonly writer: Writer
  readonly scope: Scope
  /** The holder of the token that authorized it; `undefined` for the global key and allowed hosts. */
  readonly tokenOf: TokenHolder | undefined
  /** True if it came with an offset: it is told which offsets its events have, and of which log. */
  readonly resumes: boolean
  /** Offset up to which it receives nothing; 0 if it continues an earlier connection, which has received that. */
  readonly after: number
  /**
   * The last offset that the client has: that of an event or a notification that it was sent, or the one that it came with.
   * It was sent all of its events up to a higher one, if those that follow are not for it.
   */
  told: number
  /** Disconnects a client that is no longer authorized. */
  disconnect(): void
  /** Closes its connection, so that the client resumes. */
  close(): void
}

/** The parts of a listener that do not come from its admission. */
export type ListenerParts = Pick<Listener, 'writer' | 'disconnect' | 'close'> &
  Pick<ScopeOptions, 'namespace' | 'encoding' | 'omission'> & {
    /** The last offset that was sent to live listeners. */
    head: number
  }

export function makeListener(
  { instance, tokenOf, subscription }: Admitted,
  { namespace, encoding, omission, head, ...client }: ListenerParts
): Listener {
  const scope = new Scope({ namespace, instanceKey: instance?.key, filters: subscription, encoding, omission })
  const { offset } = subscription
  const [resumes, after, told] = typeof offset === 'number' ? [true, 0, offset] : [offset !== undefined, head, 0]
  return { ...client, scope, tokenOf, resumes, after, told }
}
