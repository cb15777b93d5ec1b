import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

export interface Service {
  image: string
  command?: string[]
  environment: Record<string, string> | string[]
  secrets?: string[]
  volumes?: string[]
  tmpfs?: string[]
  cap_drop?: string[]
  read_only?: boolean
  stop_grace_period?: string
  deploy?: { replicas: number; labels: string[]; update_config: { order: string } }
}

interface Compose {
  services: Record<string, Service>
  secrets?: Record<string, { external: boolean }>
}

export const SWARM = ['swarm/stack.yml', 'swarm/stack.postgres.yml']

/** The path of a file in `deploy`. */
export function path(name: string): string {
  return fileURLToPath(new URL(`../../deploy/${name}`, import.meta.url))
}

export function read(name: string): string {
  return readFileSync(path(name), 'utf8')
}

export function compose(file: string): Compose {
  return parse(read(file)) as Compose
}

/** The first service of a Compose file. */
export function service(file: string): Service {
  return Object.values(compose(file).services)[0] as Service
}

/** Settings as `[name, value]`, whichever of the forms of Compose they have. */
export function settings(environment: Service['environment']): [string, string][] {
  if (!Array.isArray(environment)) return Object.entries(environment)
  return environment.map((line) => [line.split('=')[0] ?? '', line.slice(line.indexOf('=') + 1)])
}
