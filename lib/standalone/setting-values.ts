/** Settings whose values are never changed. */
const SECRETS = new Set([
  'AUTHENTICATION_API_KEY',
  'AUTHENTICATION_API_KEY_PREVIOUS',
  'SQS_ACCESS_KEY_ID',
  'SQS_SECRET_ACCESS_KEY',
  'S3_ACCESS_KEY',
  'S3_SECRET_KEY',
  'WAHA_HMAC_KEY'
])
const QUOTED = /^(["'])(.*)\1$/s

/**
 * Values without surrounding blanks, line ends and quotes, which Docker and systemd keep when they read a file of variables.
 * Empty values are left out. A secret with such characters is a fault, because they may belong to it.
 */
export function tidySettings(env: Record<string, string | undefined>): {
  values: Record<string, string>
  faults: string[]
} {
  const values: Record<string, string> = {}
  const faults: string[] = []
  for (const [name, given] of Object.entries(env)) {
    if (given === undefined) continue
    const value = tidy(given)
    if (value === '') continue
    values[name] = value
    if (SECRETS.has(name) && value !== given) faults.push(surrounded(name))
  }
  return { values, faults }
}

/** Faults of variables that the AWS SDK reads itself, including blanks and quotes. */
export function sdkFaults(env: Record<string, string | undefined>, names: readonly string[]): string[] {
  return names.filter((name) => env[name] !== undefined && tidy(env[name]) !== env[name]).map(surrounded)
}

/** A value without surrounding blanks, line ends and quotes. */
export function tidy(value: string): string {
  const trimmed = value.trim()
  return QUOTED.exec(trimmed)?.[2]?.trim() ?? trimmed
}

function surrounded(name: string): string {
  return `${name}: begins or ends with a space or a line break, or is in quotes: write only the value`
}
