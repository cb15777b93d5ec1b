import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** This package's version. It asks for itself by name, as others do: sources and build are not in the same place. */
export function packageVersion(): string {
  return (require('fastify-instance-events/package.json') as { version: string }).version
}
