import { PACKETS } from '../../lib/websocket/payload.ts'
import { Scope, type ScopeOptions } from '../../lib/websocket/scope.ts'

/** A scope of sockets whose namespace carries events as they are, unless the options differ. */
export function scopeOf(
  namespace: string,
  instanceKey: number | undefined,
  filters: ScopeOptions['filters'],
  options: Partial<ScopeOptions> = {}
): Scope {
  return new Scope({ namespace, instanceKey, filters, encoding: PACKETS, omission: () => undefined, ...options })
}
