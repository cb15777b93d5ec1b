import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** The version of this package. Resolved by name, because sources and build have different paths. */
export function packageVersion(): string {
  return (require('fastify-instance-events/package.json') as { version: string }).version
}
