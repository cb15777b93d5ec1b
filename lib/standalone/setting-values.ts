/** Settings that are taken to the letter. */
const SECRETS = new Set([
  'AUTHENTICATION_API_KEY',
  'SQS_ACCESS_KEY_ID',
  'SQS_SECRET_ACCESS_KEY',
  'S3_ACCESS_KEY',
  'S3_SECRET_KEY'
])
const QUOTED = /^(["'])(.*)\1$/s

/**
 * Settings without what surrounds their values by mistake: blanks, line ends, and the quotes that Docker's and systemd's
 * readers of files leave where a shell would not. What is empty then is left out. A secret is not guessed at: it is a fault.
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

/** What is wrong with variables that the AWS SDK reads by itself, to the letter. */
export function sdkFaults(env: Record<string, string | undefined>, names: readonly string[]): string[] {
  return names.filter((name) => env[name] !== undefined && tidy(env[name]) !== env[name]).map(surrounded)
}

function tidy(value: string): string {
  const trimmed = value.trim()
  return QUOTED.exec(trimmed)?.[2]?.trim() ?? trimmed
}

function surrounded(name: string): string {
  return `${name}: begins or ends with a blank or a line end, or stands in quotes: write the value alone`
}
