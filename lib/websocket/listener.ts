import type { Instance } from '../instances/instance.ts'
import type { Admitted } from './admission.ts'
import { Scope, type ScopeOptions } from './scope.ts'
import type { Writer } from './writer.ts'

/** An admitted client: a socket, or an HTTP request with a stream of events. */
export interface Listener {
  readonly writer: Writer
  readonly scope: Scope
  /** The instance whose token authorized it; `undefined` for the global key and allowed hosts. */
  readonly tokenOf: Instance | undefined
  /** True if it came with an offset: it is told which offsets its events have, and of which log. */
  readonly resumes: boolean
  /** Disconnects a client that is no longer authorized. */
  disconnect(): void
  /** Closes its connection, so that the client resumes. */
  close(): void
}

/** The parts of a listener that do not come from its admission. */
export type ListenerParts = Pick<Listener, 'writer' | 'disconnect' | 'close'> &
  Pick<ScopeOptions, 'namespace' | 'encoding' | 'omission'>

export function makeListener(
  { instance, tokenOf, subscription }: Admitted,
  { namespace, encoding, omission, ...client }: ListenerParts
): Listener {
  const scope = new Scope({ namespace, instanceKey: instance?.key, filters: subscription, encoding, omission })
  return { ...client, scope, tokenOf, resumes: subscription.offset !== undefined }
}
