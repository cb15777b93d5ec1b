import { type AgentOptions, globalAgent } from 'node:https'

const LOOPBACK = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(\/|$)/

/**
 * Agent options for calls to AWS: they use the proxy of the environment if Node was started with `NODE_USE_ENV_PROXY=1`,
 * as Node's own agents do. Endpoints on this machine are reached directly.
 */
export function proxyEnv(endpoint?: string): Pick<AgentOptions, 'proxyEnv'> {
  const { proxyEnv } = globalAgent.options as AgentOptions
  return proxyEnv === undefined || LOOPBACK.test(endpoint ?? '') ? {} : { proxyEnv }
}
