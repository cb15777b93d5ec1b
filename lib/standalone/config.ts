import { Type, type Static } from '@sinclair/typebox'
import { Ajv, type ErrorObject } from 'ajv'
import envSchema from 'env-schema'
import { distance } from 'fastest-levenshtein'
import { awsFaults, networkWarnings, REGION } from './aws-settings.ts'
import { ConfigInvalidError } from '../errors.ts'
import { EVOLUTION_EVENTS, eventKey } from '../events/catalogue.ts'
import { LOG_LEVELS, logLevel } from './log-level.ts'
import { tidySettings } from './setting-values.ts'
import { DEFAULT_STORE_URL, isPostgresUrl } from '../store/open.ts'
import { AllowedHosts } from '../websocket/allowed-hosts.ts'
import { peerAddress } from '../websocket/peer-address.ts'
import { withMessages } from '../error-class.ts'
import { withoutPassword } from '../text/without-password.ts'

/** `description` says what a variable takes: it is what the error message of a fault says. */
const text = (description: string) => Type.Optional(Type.String({ description }))
const flag = (value: boolean) => Type.Boolean({ default: value, description: 'true or false' })
const count = (value: number, { min = 1, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number } = {}) =>
  Type.Integer({
    default: value,
    minimum: min,
    maximum: max,
    description: max === Number.MAX_SAFE_INTEGER ? `a whole number from ${min}` : `a whole number from ${min} to ${max}`
  })
// env-schema's `separator` splits the text, so what comes out is a list.
const list = (description: string, value = '') =>
  Type.Unsafe<string[]>({ type: 'string', separator: ',', default: value, description })
const oneOf = <const T extends readonly string[]>(values: T, value: T[number]) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...values], default: value, description: values.join(', ') })

/** Every variable of the standalone server. Names are Evolution API's where it has one. */
export const EnvSchema = Type.Object({
  SERVER_HOST: Type.String({ default: '127.0.0.1', description: 'an address to listen on, such as 0.0.0.0' }),
  SERVER_PORT: count(8080, { min: 0, max: 65_535 }),
  SERVER_NAME: Type.String({ default: 'instance-events', description: 'the `server` of SQS messages' }),
  SERVER_URL: text('the URL by which clients reach this server; `server_url` of messages whose event brings none'),
  AUTHENTICATION_API_KEY: Type.Optional(
    Type.String({ minLength: 8, description: 'the global key, 8 characters or more' })
  ),
  CORS_ORIGIN: list('origins of browsers, separated by commas, or *', '*'),
  TRUST_PROXY: list('addresses and networks of proxies, separated by commas, or loopback, linklocal, uniquelocal'),
  LOG_LEVEL: oneOf(LOG_LEVELS, 'info'),
  BODY_LIMIT: count(10 * 1_048_576, { min: 1_024 }),
  REQUEST_TIMEOUT_SECONDS: count(120, { max: 3_600 }),
  DOCS_ENABLED: flag(true),
  CONSOLE_ENABLED: flag(true),

  DATABASE_URL: Type.String({
    default: DEFAULT_STORE_URL,
    pattern: '^(file:.+|:memory:|postgres(ql)?://.+)$',
    description: 'file:<path>, :memory: or postgres://<user>:<password>@<host>/<database>'
  }),
  EVENT_RETENTION_HOURS: Type.Number({ default: 24, exclusiveMinimum: 0, description: 'a number of hours above 0' }),
  EVENT_RETENTION_MAX_BYTES: count(10 * 1024 ** 3),
  MAX_PENDING_DELIVERIES: count(1_000_000),
  LOG_UNSELECTED: flag(true),
  AUTO_REGISTER: flag(true),
  EXPOSE_API_KEY: flag(false),
  EXTRA_EVENTS: list('event names besides Evolution API’s, separated by commas'),

  SQS_ENABLED: flag(true),
  SQS_BACKEND: oneOf(['auto', 'aws', 'embedded'], 'auto'),
  SQS_EMBEDDED_PORT: count(4566, { min: 0, max: 65_535 }),
  SQS_REGION: Type.Optional(Type.String({ pattern: '^[a-z0-9]+(-[a-z0-9]+)*$', description: REGION })),
  SQS_ACCESS_KEY_ID: text('an AWS access key id'),
  SQS_SECRET_ACCESS_KEY: text('the secret of SQS_ACCESS_KEY_ID'),
  SQS_ACCOUNT_ID: Type.Optional(
    Type.String({ pattern: '^[0-9]{12}$', description: 'an AWS account number of 12 digits' })
  ),
  SQS_ENDPOINT: Type.Optional(
    Type.String({ pattern: '^https?://', description: 'a URL, such as http://localhost:9324' })
  ),
  SQS_BASE_URL: Type.Optional(Type.String({ pattern: '^https?://', description: 'the same as SQS_ENDPOINT' })),
  SQS_QUEUE_TYPE: oneOf(['fifo', 'standard'], 'fifo'),
  SQS_CONCURRENCY: count(32, { max: 512 }),
  SQS_MAX_PAYLOAD_SIZE: count(1_048_576, { min: 1_024, max: 1_048_576 }),
  SQS_MAX_ATTEMPTS: count(10),
  SQS_DLQ_MAX_RECEIVES: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1_000, description: 'a whole number from 1 to 1000' })
  ),
  SQS_DELETE_UNUSED_QUEUES: flag(false),
  SQS_GLOBAL_ENABLED: flag(true),
  SQS_GLOBAL_PREFIX_NAME: Type.String({
    default: 'global',
    pattern: '^[A-Za-z0-9_-]{1,40}$',
    description: '1 to 40 letters, digits, - and _'
  }),
  SQS_GLOBAL_FORCE_SINGLE_QUEUE: flag(false),
  SQS_GLOBAL_EVENTS: list('event keys, separated by commas, or *', '*'),

  S3_ENABLED: flag(true),
  S3_BUCKET: Type.Optional(Type.String({ minLength: 3, maxLength: 63, description: 'the name of a private bucket' })),
  S3_PREFIX: Type.String({
    default: 'instance-events',
    pattern: '^[A-Za-z0-9._/-]{1,200}$',
    description: '1 to 200 letters, digits, ., _, - and /'
  }),
  S3_REGION: Type.Optional(Type.String({ pattern: '^[a-z0-9]+(-[a-z0-9]+)*$', description: REGION })),
  S3_ENDPOINT: Type.Optional(
    Type.String({
      pattern: '^(https?://)?([A-Za-z0-9.-]+|\\[[0-9A-Fa-f:.]+\\])(:[0-9]+)?/?$',
      description: 'a URL or host, such as http://localhost:9000'
    })
  ),
  S3_ACCESS_KEY: text('an access key id'),
  S3_SECRET_KEY: text('the secret of S3_ACCESS_KEY'),
  S3_URL_EXPIRES_SECONDS: count(604_800, { max: 604_800 }),

  WEBSOCKET_ENABLED: flag(true),
  WEBSOCKET_GLOBAL_EVENTS: flag(false),
  WEBSOCKET_ALLOWED_HOSTS: list('addresses and networks, separated by commas, such as 127.0.0.1,10.0.0.0/8'),
  WEBSOCKET_MAX_BUFFERED_BYTES: count(4 * 1_048_576),
  WEBSOCKET_MAX_BUFFERED_BYTES_TOTAL: count(64 * 1_048_576),
  WEBSOCKET_STALLED_AFTER_MS: count(30_000),
  WEBSOCKET_MAX_SOCKETS_PER_INSTANCE: count(10_000),
  WEBSOCKET_MAX_SOCKETS_PER_ADDRESS: count(20_000),
  WEBSOCKET_WRONG_KEYS_PER_MINUTE: count(20)
})

export interface Config extends Static<typeof EnvSchema> {
  /** Keys of `SQS_GLOBAL_<KEY>=true`, if any such flag is set; they decide then. */
  globalFlags: string[] | undefined
  /** Lines about variables that look like settings and are none. */
  warnings: string[]
}

/** The prefix of Evolution's per-event flags: `SQS_GLOBAL_MESSAGES_UPSERT=true`. */
const GLOBAL_FLAG_PREFIX = 'SQS_GLOBAL_'

/**
 * Reads and checks the settings. An empty variable counts as absent.
 * @throws {ConfigInvalidError} one message per variable: its name, what it got, what it takes
 */
export function loadConfig(env: Record<string, string | undefined>): Config {
  const { values: data, faults: surrounded } = tidySettings(env)
  if (data.LOG_LEVEL) data.LOG_LEVEL = logLevel(data.LOG_LEVEL)
  const extra = (data.EXTRA_EVENTS ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)
  // An event of one's own may be called `enabled`: SQS_GLOBAL_ENABLED stays what it is.
  const flags = [...EVOLUTION_EVENTS, ...extra]
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
    // The schema is sound, so what env-schema throws is what Ajv found in the settings.
    const messages = [...faults((error as { errors: ErrorObject[] }).errors, data, schema.properties), ...surrounded]
    throw withMessages(new ConfigInvalidError(messages.join('\n')), messages)
  }
  for (const [name, value] of Object.entries(read)) {
    if (Array.isArray(value)) read[name] = value.map((entry: string) => entry.trim()).filter(Boolean)
  }
  const set = flags.filter((name) => read[name] !== undefined)
  const globalFlags = set.filter((name) => read[name] === true).map((name) => name.slice(GLOBAL_FLAG_PREFIX.length))
  const config: Config = {
    ...read,
    globalFlags: set.length > 0 ? globalFlags : undefined,
    warnings: [...misspelt(Object.keys(data), Object.keys(schema.properties)), ...networkWarnings(read, data)]
  }
  const crossed = [...surrounded, ...crossFaults(config, data), ...awsFaults(config, env)]
  if (crossed.length > 0) throw withMessages(new ConfigInvalidError(crossed.join('\n')), crossed)
  return config
}

/** Faults that no variable has alone. */
function crossFaults(config: Config, env: Record<string, unknown>): string[] {
  const { SQS_ACCESS_KEY_ID: id, SQS_SECRET_ACCESS_KEY: secret, SQS_ENDPOINT, SQS_BASE_URL } = config
  const messages: string[] = []
  if (id && !secret) messages.push('SQS_SECRET_ACCESS_KEY: is missing, SQS_ACCESS_KEY_ID needs it')
  if (secret && !id) messages.push('SQS_ACCESS_KEY_ID: is missing, SQS_SECRET_ACCESS_KEY needs it')
  if (id && !config.SQS_REGION && !SQS_ENDPOINT && !SQS_BASE_URL && !env.AWS_REGION && !env.AWS_DEFAULT_REGION) {
    messages.push('SQS_REGION: is missing, takes the AWS region of the queues, such as us-east-1')
  }
  for (const [name, read] of ADDRESS_LISTS) {
    if (name === 'WEBSOCKET_ALLOWED_HOSTS' && !config.WEBSOCKET_ENABLED) continue
    const unread = config[name].filter((entry) => !passes(() => read([entry])))
    const { description } = EnvSchema.properties[name]
    if (unread.length > 0) messages.push(`${name}: got ${JSON.stringify(unread.join())}, takes ${description}`)
  }
  // The driver lets the host be left out, for a socket.
  if (isPostgresUrl(config.DATABASE_URL) && !URL.canParse(config.DATABASE_URL.replace('@/', '@host/'))) {
    // Where the password ends in it cannot be told, so nothing of it is shown.
    messages.push(
      'DATABASE_URL: is no URL, takes postgres://<user>:<password>@<host>:<port>/<database>; special characters of the password must be percent-encoded (/ is %2F, @ is %40)'
    )
  }
  if (isPostgresUrl(config.DATABASE_URL) && !config.AUTHENTICATION_API_KEY) {
    messages.push('AUTHENTICATION_API_KEY: is missing, takes the key that all nodes of the database share')
  }
  if (Boolean(config.S3_ACCESS_KEY) !== Boolean(config.S3_SECRET_KEY)) {
    messages.push('S3_ACCESS_KEY: needs S3_SECRET_KEY, and the other way round')
  }
  return messages
}

/** Variables of addresses, and what reads them. */
const ADDRESS_LISTS = [
  ['TRUST_PROXY', peerAddress],
  ['WEBSOCKET_ALLOWED_HOSTS', (entries: string[]) => new AllowedHosts(entries)]
] as const

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
  // None is required without a default, so every fault is in a variable that is there.
  const names = new Set(errors.map(({ instancePath }) => instancePath.slice(1)))
  return [...names].map((name) => {
    const shown = /KEY(?!S)|SECRET/.test(name)
      ? 'a value that does not fit'
      : withoutPassword(JSON.stringify(env[name]))
    return `${name}: got ${shown}, takes ${properties[name]?.description}`
  })
}

function misspelt(given: string[], known: string[]): string[] {
  const near = (name: string) => known.find((other) => distance(name, other) <= 2)
  return given
    .filter((name) => !known.includes(name) && /^(SQS|WEBSOCKET|SERVER|EVENT|DATABASE|AUTHENTICATION)_/.test(name))
    .flatMap((name) => {
      const other = near(name)
      return other ? [`${name} is no setting; did you mean ${other}?`] : []
    })
}
