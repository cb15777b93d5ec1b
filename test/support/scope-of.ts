import { Scope, type ScopeOptions } from '../../lib/websocket/scope.ts'

/** A scope of a namespace that carries events as they are. */
export function scopeOf(namespace: string, instanceKey: number | undefined, filters: ScopeOptions['filters']): Scope {
  return new Scope({ namespace, instanceKey, filters, contentOf: (event) => event })
}
