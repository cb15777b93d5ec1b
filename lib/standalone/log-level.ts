/** From the most verbose one. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** Evolution API's names beside ours. None of them is `trace`, which logs what events carry. */
const EVOLUTION_LEVELS: { [name: string]: (typeof LOG_LEVELS)[number] } = {
  log: 'info',
  verbose: 'debug',
  dark: 'debug',
  webhooks: 'debug',
  websocket: 'debug'
}

/** Evolution API takes a list of levels: its most verbose one. What is unknown is returned as it is. */
export function logLevel(value: string): string {
  const names = value.toLowerCase().split(',')
  const levels = names
    .map((name) => name.trim())
    .filter(Boolean)
    .map((name) => EVOLUTION_LEVELS[name] ?? name)
  const known = LOG_LEVELS.filter((level) => levels.includes(level))
  return levels.every((level) => known.some((other) => other === level)) ? (known[0] ?? value) : value
}
