import { type AgentOptions, globalAgent } from 'node:https'

const LOOPBACK = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(\/|$)/

/**
 * Options of agents that reach AWS as Node's own agents reach others: through the proxy that the environment names, if
 * Node was told to use it (`NODE_USE_ENV_PROXY=1`). What runs on this machine is reached directly.
 */
export function proxyEnv(endpoint?: string): Pick<AgentOptions, 'proxyEnv'> {
  const { proxyEnv } = globalAgent.options as AgentOptions
  return proxyEnv === undefined || LOOPBACK.test(endpoint ?? '') ? {} : { proxyEnv }
}
