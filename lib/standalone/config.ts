import { Type, type Static } from '@sinclair/typebox'
import { Ajv, type ErrorObject } from 'ajv'
import envSchema from 'env-schema'
import { awsFaults, networkWarnings } from './aws-settings.ts'
import { ConfigInvalidError } from '../errors.ts'
import { eventsOfHub } from '../events/catalogue.ts'
import { eventKey } from '../events/event-key.ts'
import { ORIGIN } from '../http/origin.ts'
import { HUB_NAMES, type HubName } from '../hubs/hub.ts'
import { assertNewName } from '../instances/name.ts'
import { logLevel } from './log-level.ts'
import { readSecretFiles } from './secret-files.ts'
import { queueFaults } from './queue-settings.ts'
import { tidySettings } from './setting-values.ts'
import { EnvSchema, isSecret } from './settings.ts'
import { unknownSettings } from './unknown-settings.ts'
import { isPostgresUrl } from '../store/open.ts'
import { AllowedHosts } from '../websocket/allowed-hosts.ts'
import { peerAddress } from '../websocket/peer-address.ts'
import { withMessages } from '../error-class.ts'
import { withoutPassword } from '../text/without-password.ts'

export interface Config extends Static<typeof EnvSchema> {
  /** Keys of `SQS_GLOBAL_<KEY>=true`. `undefined` if no such flag is set: then `SQS_GLOBAL_EVENTS` selects the events. */
  globalFlags: string[] | undefined
  /** One line for each variable that has no effect. */
  warnings: string[]
}

/** Prefix of Evolution API's flags of single events: `SQS_GLOBAL_MESSAGES_UPSERT=true`. */
const GLOBAL_FLAG_PREFIX = 'SQS_GLOBAL_'
const IS_ORIGIN = new RegExp(ORIGIN)

/**
 * Reads and checks the settings. An empty variable counts as absent.
 * @throws {ConfigInvalidError} with one message for each wrong variable: its name, its value and the values that it accepts
 */
export function loadConfig(env: Record<string, string | undefined>): Config {
  const { values, faults: surrounded } = tidySettings(env)
  const { secrets, faults: unread } = readSecretFiles(values)
  const data: Record<string, string> = { ...values, ...secrets }
  const ofValues = [...surrounded, ...unread]
  if (data.LOG_LEVEL) data.LOG_LEVEL = logLevel(data.LOG_LEVEL)
  const hubs = HUB_NAMES.filter((hub) => entries(data.HUBS ?? EnvSchema.properties.HUBS.default).includes(hub))
  const names = [...hubs.flatMap((hub) => eventsOfHub(hub).names), ...entries(data.EXTRA_EVENTS ?? '')]
  // An extra event may be called `enabled`; SQS_GLOBAL_ENABLED remains the setting.
  const flags = names
    .map((name) => `${GLOBAL_FLAG_PREFIX}${eventKey(name)}`)
    .filter((name) => !(name in EnvSchema.properties))
  const schema = Type.Composite([
    EnvSchema,
    Type.Object(
      Object.fromEntries(flags.map((name) => [name, Type.Optional(Type.Boolean({ description: 'true or false' }))]))
    )
  ])
  const ajv = new Ajv({ allErrors: true, removeAdditional: true, useDefaults: true, coerceTypes: true, strict: false })
  ajv.addKeyword(envSchema.keywords.separator)

  let read: Static<typeof EnvSchema> & Record<string, unknown>
  try {
    read = envSchema<typeof read>({ schema, env: false, data: { ...data }, ajv })
  } catch (error) {
    // The schema is valid, so env-schema throws only the errors that Ajv found in the settings.
    const messages = [...faults((error as { errors: ErrorObject[] }).errors, data, schema.properties), ...ofValues]
    throw withMessages(new ConfigInvalidError(messages.join('\n')), messages)
  }
  for (const [name, value] of Object.entries(read)) {
    if (Array.isArray(value)) read[name] = entries(value.join())
  }
  const set = flags.filter((name) => read[name] !== undefined)
  const globalFlags = set.filter((name) => read[name] === true).map((name) => name.slice(GLOBAL_FLAG_PREFIX.length))
  const config: Config = {
    ...read,
    globalFlags: set.length > 0 ? globalFlags : undefined,
    warnings: [
      ...unknownSettings(Object.keys(data), Object.keys(schema.properties)),
      ...networkWarnings(read, data),
      ...hubWarnings(read),
      ...urlWarnings(read)
    ]
  }
  const crossed = [...ofValues, ...crossFaults(config, data), ...awsFaults(config, env)]
  if (crossed.length > 0) throw withMessages(new ConfigInvalidError(crossed.join('\n')), crossed)
  return config
}

/** Returns the entries of a setting that is a list. */
function entries(list: string): string[] {
  return list
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean)
}

function hubWarnings({ HUBS, WAHA_HMAC_KEY }: Static<typeof EnvSchema>): string[] {
  if (WAHA_HMAC_KEY === undefined || HUBS.includes('waha')) return []
  return ['WAHA_HMAC_KEY has no effect: HUBS does not list waha']
}

/** Messages carry any text as `server_url`, as Evolution API's do; links need a URL. */
function urlWarnings({ SERVER_URL: url }: Static<typeof EnvSchema>): string[] {
  if (url === undefined) return []
  if (!/^https?:\S+$/i.test(url) || !URL.canParse(url))
    return ['SERVER_URL is not a URL, so links to this server do not work: set one such as https://events.example.com']
  const { username, password } = new URL(url)
  if (username === '' && password === '') return []
  return ['SERVER_URL has a user name or a password, which messages and GET / show to all clients: remove it']
}

/** False also for a URL whose path has the end of a password that is not escaped. */
function isDatabaseUrl(url: string): boolean {
  const whole = url.replace('@/', '@host/')
  return URL.canParse(whole) && !new URL(whole).pathname.includes('@')
}

/** Faults of variables that depend on each other. */
function crossFaults(config: Config, env: Record<string, unknown>): string[] {
  const { SQS_ACCESS_KEY_ID: id, SQS_SECRET_ACCESS_KEY: secret, SQS_ENDPOINT, SQS_BASE_URL } = config
  const messages: string[] = []
  if (id && !secret) messages.push('SQS_SECRET_ACCESS_KEY: is missing; SQS_ACCESS_KEY_ID needs it')
  if (secret && !id) messages.push('SQS_ACCESS_KEY_ID: is missing; SQS_SECRET_ACCESS_KEY needs it')
  if (id && !config.SQS_REGION && !SQS_ENDPOINT && !SQS_BASE_URL && !env.AWS_REGION && !env.AWS_DEFAULT_REGION) {
    messages.push('SQS_REGION: is missing, expected the AWS region of the queues, such as us-east-1')
  }
  const hubs = config.HUBS.filter((hub) => !HUB_NAMES.includes(hub as HubName))
  if (hubs.length > 0 || config.HUBS.length === 0) {
    messages.push(`HUBS: got ${JSON.stringify(hubs.join())}, expected ${EnvSchema.properties.HUBS.description}`)
  }
  for (const [name, read] of ADDRESS_LISTS) {
    if (name === 'WEBSOCKET_ALLOWED_HOSTS' && !config.WEBSOCKET_ENABLED) continue
    const wrong = config[name].filter((entry) => !passes(() => read([entry])))
    const { description } = EnvSchema.properties[name]
    if (wrong.length > 0) messages.push(`${name}: got ${JSON.stringify(wrong.join())}, expected ${description}`)
  }
  const { OPERATOR_INSTANCE: operator } = config
  if (operator !== undefined && !passes(() => assertNewName(operator))) {
    const { description } = EnvSchema.properties.OPERATOR_INSTANCE
    messages.push(`OPERATOR_INSTANCE: got ${JSON.stringify(operator)}, expected ${description}`)
  }
  // The driver accepts a URL without a host, for a Unix socket.
  if (isPostgresUrl(config.DATABASE_URL) && !isDatabaseUrl(config.DATABASE_URL)) {
    // The end of its password is unknown, so the message shows nothing of the URL.
    messages.push(
      'DATABASE_URL: is not a URL, expected postgres://<user>:<password>@<host>:<port>/<database>; special characters of the password must be percent-encoded (/ is %2F, @ is %40)'
    )
  }
  if (isPostgresUrl(config.DATABASE_URL) && !config.AUTHENTICATION_API_KEY) {
    messages.push('AUTHENTICATION_API_KEY: is missing, expected the key that all nodes of the database share')
  }
  messages.push(...queueFaults(config))
  if (config.S3_ACCESS_KEY && !config.S3_SECRET_KEY) messages.push('S3_SECRET_KEY: is missing; S3_ACCESS_KEY needs it')
  if (config.S3_SECRET_KEY && !config.S3_ACCESS_KEY) messages.push('S3_ACCESS_KEY: is missing; S3_SECRET_KEY needs it')
  return messages
}

/** Lists of addresses and origins, and the functions that parse them. */
const ADDRESS_LISTS = [
  ['CORS_ORIGIN', assertOrigins],
  ['TRUST_PROXY', peerAddress],
  ['WEBSOCKET_ALLOWED_HOSTS', (entries: string[]) => new AllowedHosts(entries)]
] as const

/** @throws an entry is neither an origin nor `*` */
function assertOrigins(entries: string[]): void {
  for (const entry of entries) if (entry !== '*' && !IS_ORIGIN.test(entry)) throw new Error(`${entry} is no origin`)
}

function passes(read: () => unknown): boolean {
  try {
    read()
    return true
  } catch {
    return false
  }
}

function faults(
  errors: ErrorObject[],
  env: Record<string, unknown>,
  properties: Record<string, { description?: string }>
): string[] {
  // No setting is required without a default, so every fault has a variable with a value.
  const names = new Set(errors.map(({ instancePath }) => instancePath.slice(1)))
  return [...names].map((name) => {
    const shown = isSecret(name) ? 'an invalid value' : withoutPassword(JSON.stringify(env[name]))
    return `${name}: got ${shown}, expected ${properties[name]?.description}`
  })
}
