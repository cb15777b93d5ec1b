/** Most verbose first. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** Names of Evolution API. None of them means `trace`, which logs the content of events. */
const EVOLUTION_LEVELS: { [name: string]: (typeof LOG_LEVELS)[number] } = {
  log: 'info',
  verbose: 'debug',
  dark: 'debug',
  webhooks: 'debug',
  websocket: 'debug'
}

/** The most verbose level of a list, which is the form of Evolution API. A list with an unknown name is returned unchanged. */
export function logLevel(value: string): string {
  const names = value.toLowerCase().split(',')
  const levels = names
    .map((name) => name.trim())
    .filter(Boolean)
    .map((name) => EVOLUTION_LEVELS[name] ?? name)
  const known = LOG_LEVELS.filter((level) => levels.includes(level))
  return levels.every((level) => known.some((other) => other === level)) ? (known[0] ?? value) : value
}
