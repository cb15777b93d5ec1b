import { readFileSync } from 'node:fs'
import { cpus, release, totalmem, type } from 'node:os'

const PACKAGES = ['fastify', 'socket.io', 'ws', 'autocannon', 'ioredis', 'bullmq']

/** Returns the machine on which the numbers were measured. */
export function machine(): Record<string, string> {
  const processors = cpus()
  return {
    system: `${type()} ${release()}`,
    processor: `${processors.length} × ${processors[0]?.model.trim()}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    node: process.versions.node,
    ...Object.fromEntries(PACKAGES.map((name) => [name, version(name)]))
  }
}

function version(name: string): string {
  const path = new URL(`../../node_modules/${name}/package.json`, import.meta.url)
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
}
