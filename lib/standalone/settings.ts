import { Type } from '@sinclair/typebox'
import { HUB_NAMES } from '../hubs/hub.ts'
import { MAX_SILENCE_MINUTES } from '../schemas/instance-changes.ts'
import { DEFAULT_STORE_URL } from '../store/open.ts'
import { REGION } from './aws-settings.ts'
import { GLOBAL_KEY, GLOBAL_KEY_FORM } from './global-key.ts'
import { LOG_LEVELS } from './log-level.ts'
import { QUEUE_SETTINGS } from './queue-settings.ts'
import { count, flag, list, oneOf, optionalCount, text } from './setting-types.ts'

/** End of the names of settings that give the path of a file with the value of another setting. */
export const FILE_SUFFIX = '_FILE'

/** True if the value of a setting may be a secret. The id of a key of AWS KMS is none. */
export function isSecret(setting: string): boolean {
  return /(?<!KMS_)KEY(?!S)|SECRET/.test(setting)
}

const fileOf = (setting: string) => text(`the absolute path of a file with the value of ${setting}`)

/** All settings of the standalone server. A setting that Evolution API has as well has the same name. */
export const EnvSchema = Type.Object({
  SERVER_HOST: Type.String({ default: '127.0.0.1', description: 'an address to listen on, such as 0.0.0.0' }),
  SERVER_PORT: count(8080, { min: 0, max: 65_535 }),
  SERVER_NAME: Type.String({ default: 'instance-events', description: 'the `server` of SQS messages' }),
  SERVER_URL: text('the URL by which clients reach this server, and `server_url` of messages whose event has none'),
  AUTHENTICATION_API_KEY: Type.Optional(
    Type.String({ pattern: GLOBAL_KEY, description: `the global key, ${GLOBAL_KEY_FORM}` })
  ),
  AUTHENTICATION_API_KEY_PREVIOUS: Type.Optional(
    Type.String({ pattern: GLOBAL_KEY, description: `the previous global key, ${GLOBAL_KEY_FORM}` })
  ),
  AUTHENTICATION_API_KEY_FILE: fileOf('AUTHENTICATION_API_KEY'),
  AUTHENTICATION_API_KEY_PREVIOUS_FILE: fileOf('AUTHENTICATION_API_KEY_PREVIOUS'),
  WRONG_KEYS_PER_MINUTE: count(20),
  CORS_ORIGIN: list('origins of browsers, such as https://app.example (no path), separated by commas, or *', '*'),
  TRUST_PROXY: list('addresses and networks of proxies, separated by commas, or loopback, linklocal, uniquelocal'),
  LOG_LEVEL: oneOf(LOG_LEVELS, 'info'),
  BODY_LIMIT: count(10 * 1_048_576, { min: 1_024 }),
  BODIES_LIMIT: count(160 * 1_048_576, { min: 1_024 }),
  REQUEST_TIMEOUT_SECONDS: count(120, { max: 3_600 }),
  DOCS_ENABLED: flag(true),
  CONSOLE_ENABLED: flag(true),
  ENVIRONMENT_NAME: Type.Optional(
    Type.String({ minLength: 1, maxLength: 40, description: 'a name of 1 to 40 characters, such as production' })
  ),

  DATABASE_URL: Type.String({
    default: DEFAULT_STORE_URL,
    pattern: '^(file:.+|:memory:|postgres(ql)?://.+)$',
    description: 'file:<path>, :memory: or postgres://<user>:<password>@<host>/<database>'
  }),
  DATABASE_URL_FILE: fileOf('DATABASE_URL'),
  EVENT_RETENTION_HOURS: Type.Number({
    default: 24,
    exclusiveMinimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    description: 'a number of hours above 0'
  }),
  EVENT_RETENTION_MAX_BYTES: count(10 * 1024 ** 3),
  MAX_PENDING_DELIVERIES: count(1_000_000),
  LOG_UNSELECTED: flag(true),
  AUTO_REGISTER: flag(true),
  AUTO_REGISTER_MAX: count(100_000, { min: 0 }),
  INSTANCE_EVENTS_PER_SECOND: count(0, { min: 0 }),
  INSTANCE_BYTES_PER_SECOND: count(0, { min: 0 }),
  INSTANCE_RETAINED_BYTES: count(0, { min: 0 }),
  EXPOSE_API_KEY: flag(false),
  SILENCE_AFTER_MINUTES: count(0, { min: 0, max: MAX_SILENCE_MINUTES }),
  OPERATOR_INSTANCE: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 100,
      description: 'the name of an instance reserved for the operator, other than stream'
    })
  ),
  HUBS: list(`one or more of ${HUB_NAMES.join(', ')}, separated by commas`, 'evolution'),
  WAHA_HMAC_KEY: text('the secret with which WAHA signs its webhooks'),
  WAHA_HMAC_KEY_FILE: fileOf('WAHA_HMAC_KEY'),
  EXTRA_EVENTS: list('event names besides those of the hubs, separated by commas'),
  WEBHOOK_DERIVED_IDS: flag(true),
  WEBHOOK_UNKNOWN_EVENTS: oneOf(['accept', 'refuse'], 'accept'),

  SQS_ENABLED: flag(true),
  SQS_BACKEND: oneOf(['auto', 'aws', 'embedded'], 'auto'),
  SQS_EMBEDDED_PORT: count(4566, { min: 0, max: 65_535 }),
  SQS_REGION: Type.Optional(Type.String({ pattern: '^[a-z0-9]+(-[a-z0-9]+)*$', description: REGION })),
  SQS_ACCESS_KEY_ID: text('an AWS access key id'),
  SQS_ACCESS_KEY_ID_FILE: fileOf('SQS_ACCESS_KEY_ID'),
  SQS_SECRET_ACCESS_KEY: text('the secret of SQS_ACCESS_KEY_ID'),
  SQS_SECRET_ACCESS_KEY_FILE: fileOf('SQS_SECRET_ACCESS_KEY'),
  SQS_ACCOUNT_ID: Type.Optional(
    Type.String({ pattern: '^[0-9]{12}$', description: 'an AWS account number of 12 digits' })
  ),
  SQS_ENDPOINT: Type.Optional(
    Type.String({ pattern: '^https?://', description: 'a URL, such as http://localhost:9324' })
  ),
  SQS_BASE_URL: Type.Optional(Type.String({ pattern: '^https?://', description: 'the same as SQS_ENDPOINT' })),
  SQS_QUEUE_TYPE: oneOf(['fifo', 'standard'], 'fifo'),
  SQS_FAIR_QUEUES: flag(true),
  SQS_CONCURRENCY: optionalCount({ max: 512 }),
  SQS_MAX_PAYLOAD_SIZE: count(1_048_576, { min: 1_024, max: 1_048_576 }),
  SQS_MAX_ATTEMPTS: count(10),
  SQS_DLQ_MAX_RECEIVES: optionalCount({ max: 1_000 }),
  SQS_DELETE_UNUSED_QUEUES: flag(false),
  ...QUEUE_SETTINGS,
  SQS_GLOBAL_ENABLED: oneOf(['true', 'auto', 'false'], 'true'),
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
  S3_ACCESS_KEY_FILE: fileOf('S3_ACCESS_KEY'),
  S3_SECRET_KEY: text('the secret of S3_ACCESS_KEY'),
  S3_SECRET_KEY_FILE: fileOf('S3_SECRET_KEY'),
  S3_URL_EXPIRES_SECONDS: count(604_800, { max: 604_800 }),

  WEBSOCKET_ENABLED: flag(true),
  WEBSOCKET_GLOBAL_EVENTS: flag(false),
  WEBSOCKET_ALLOWED_HOSTS: list('addresses and networks, separated by commas, such as 127.0.0.1,10.0.0.0/8'),
  WEBSOCKET_MAX_BUFFERED_BYTES: count(4 * 1_048_576),
  WEBSOCKET_MAX_BUFFERED_BYTES_TOTAL: count(64 * 1_048_576),
  WEBSOCKET_STALLED_AFTER_MS: count(30_000),
  WEBSOCKET_MAX_SOCKETS_PER_INSTANCE: count(10_000),
  WEBSOCKET_MAX_SOCKETS_PER_ADDRESS: count(20_000)
})
