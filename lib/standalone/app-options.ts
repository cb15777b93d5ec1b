import type { Config } from './config.ts'
import type { HubName } from '../hubs/hub.ts'
import type { AppOptions } from '../schemas/options/app.ts'
import { queueAttributes } from './queue-settings.ts'
import type { S3Options, SqsGlobalOptions, SqsOptions } from '../schemas/options/sqs.ts'
import type { WebsocketOptions } from '../schemas/options/websocket.ts'

/** The part of the SDK's configuration that the settings name; the SDK finds the rest by itself. */
export type SqsTarget = Pick<SqsOptions, 'endpoint' | 'region' | 'credentials'>

/** Variables by which the SDK finds AWS. */
const AWS_VARIABLES = [
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'AWS_PROFILE',
  'AWS_ACCESS_KEY_ID',
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_SQS',
  'AWS_ROLE_ARN',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI'
]

/** True if SQS is to be emulated: the settings ask for it, or neither settings nor variables name an AWS. */
export function wantsEmbeddedSqs(config: Config, env: Record<string, string | undefined>): boolean {
  if (!config.SQS_ENABLED || config.SQS_BACKEND === 'aws') return false
  if (config.SQS_BACKEND === 'embedded') return true
  const configured = [config.SQS_REGION, config.SQS_ENDPOINT, config.SQS_BASE_URL, config.SQS_ACCESS_KEY_ID]
  return [...configured, ...AWS_VARIABLES.map((name) => env[name])].every((value) => !value)
}

/** Endpoint, region and credentials of the settings. */
export function sqsTarget(config: Config): SqsTarget {
  const { SQS_REGION: region, SQS_ACCESS_KEY_ID: accessKeyId, SQS_SECRET_ACCESS_KEY: secretAccessKey } = config
  const endpoint = config.SQS_ENDPOINT ?? config.SQS_BASE_URL
  return {
    ...(region ? { region } : endpoint ? { region: 'us-east-1' } : {}),
    ...(endpoint && { endpoint }),
    ...(accessKeyId && secretAccessKey && { credentials: { accessKeyId, secretAccessKey } })
  }
}

/** Options of the root plugin, from the settings. */
export function toAppOptions(config: Config, { apiKey, sqs }: { apiKey: string; sqs: SqsTarget }): AppOptions {
  return {
    apiKey,
    ...(config.AUTHENTICATION_API_KEY_PREVIOUS && { previousApiKey: config.AUTHENTICATION_API_KEY_PREVIOUS }),
    docs: config.DOCS_ENABLED,
    console: config.CONSOLE_ENABLED,
    ...(config.ENVIRONMENT_NAME && { environment: config.ENVIRONMENT_NAME }),
    bodyLimit: config.BODY_LIMIT,
    bodiesLimit: config.BODIES_LIMIT,
    webhookDerivedIds: config.WEBHOOK_DERIVED_IDS,
    webhookUnknownEvents: config.WEBHOOK_UNKNOWN_EVENTS,
    eventLog: {
      url: config.DATABASE_URL,
      serverUrl: config.SERVER_URL ?? `http://localhost:${config.SERVER_PORT}`,
      exposeApiKey: config.EXPOSE_API_KEY,
      autoRegister: config.AUTO_REGISTER,
      wrongKeysPerMinute: config.WRONG_KEYS_PER_MINUTE,
      autoRegisterMax: config.AUTO_REGISTER_MAX,
      instanceEventsPerSecond: config.INSTANCE_EVENTS_PER_SECOND,
      instanceBytesPerSecond: config.INSTANCE_BYTES_PER_SECOND,
      instanceRetainedBytes: config.INSTANCE_RETAINED_BYTES,
      logUnselected: config.LOG_UNSELECTED,
      retentionHours: config.EVENT_RETENTION_HOURS,
      retentionMaxBytes: config.EVENT_RETENTION_MAX_BYTES,
      maxPendingDeliveries: config.MAX_PENDING_DELIVERIES,
      silenceAfterMinutes: config.SILENCE_AFTER_MINUTES,
      ...(config.OPERATOR_INSTANCE !== undefined && { operatorInstance: config.OPERATOR_INSTANCE }),
      events: { hubs: config.HUBS as HubName[], names: config.EXTRA_EVENTS }
    },
    ...(config.WAHA_HMAC_KEY && { hmacKeys: { waha: config.WAHA_HMAC_KEY } }),
    sqs: config.SQS_ENABLED && sqsOptions(config, sqs),
    websocket: config.WEBSOCKET_ENABLED && websocketOptions(config)
  }
}

function sqsOptions(config: Config, target: SqsTarget): SqsOptions {
  return {
    ...target,
    ...(config.SQS_ACCOUNT_ID && { accountId: config.SQS_ACCOUNT_ID }),
    serverName: config.SERVER_NAME,
    queueType: config.SQS_QUEUE_TYPE,
    fairQueues: config.SQS_FAIR_QUEUES,
    ...(config.SQS_CONCURRENCY !== undefined && { concurrency: config.SQS_CONCURRENCY }),
    maxPayloadBytes: config.SQS_MAX_PAYLOAD_SIZE,
    maxAttempts: config.SQS_MAX_ATTEMPTS,
    ...(config.SQS_DLQ_MAX_RECEIVES !== undefined && { dlqMaxReceives: config.SQS_DLQ_MAX_RECEIVES }),
    ...(config.S3_ENABLED && config.S3_BUCKET && { s3: s3Options(config, config.S3_BUCKET) }),
    queueAttributes: queueAttributes(config),
    deleteUnusedQueues: config.SQS_DELETE_UNUSED_QUEUES,
    global: sqsGlobalOptions(config)
  }
}

function s3Options(config: Config, bucket: string): S3Options {
  const { S3_ACCESS_KEY: accessKeyId, S3_SECRET_KEY: secretAccessKey } = config
  return {
    bucket,
    prefix: config.S3_PREFIX,
    urlExpiresSeconds: config.S3_URL_EXPIRES_SECONDS,
    ...(config.S3_REGION && { region: config.S3_REGION }),
    // Evolution API's setting has no scheme.
    ...(config.S3_ENDPOINT && { endpoint: config.S3_ENDPOINT.replace(/^(?!https?:)/, 'https://') }),
    ...(accessKeyId && secretAccessKey && { credentials: { accessKeyId, secretAccessKey } })
  }
}

/** Options of the shared queues; `false`: there are none. */
export function sqsGlobalOptions({ globalFlags, ...config }: Config): Required<SqsGlobalOptions> | false {
  if (config.SQS_GLOBAL_ENABLED === 'false') return false
  const listed = config.SQS_GLOBAL_EVENTS.includes('*') ? '*' : config.SQS_GLOBAL_EVENTS
  return {
    prefix: config.SQS_GLOBAL_PREFIX_NAME,
    singleQueue: config.SQS_GLOBAL_FORCE_SINGLE_QUEUE,
    events: globalFlags ?? listed,
    unlessOwn: config.SQS_GLOBAL_ENABLED === 'auto'
  }
}

function websocketOptions(config: Config): WebsocketOptions {
  return {
    globalEvents: config.WEBSOCKET_GLOBAL_EVENTS,
    allowedHosts: config.WEBSOCKET_ALLOWED_HOSTS,
    maxBufferedBytes: config.WEBSOCKET_MAX_BUFFERED_BYTES,
    maxBufferedBytesTotal: config.WEBSOCKET_MAX_BUFFERED_BYTES_TOTAL,
    stalledAfterMs: config.WEBSOCKET_STALLED_AFTER_MS,
    maxSocketsPerInstance: config.WEBSOCKET_MAX_SOCKETS_PER_INSTANCE,
    maxSocketsPerAddress: config.WEBSOCKET_MAX_SOCKETS_PER_ADDRESS,
    trustProxy: config.TRUST_PROXY,
    corsOrigin: corsOrigin(config)
  }
}

/** Options of @fastify/cors. Only listed origins may send credentials. */
export function corsOptions(config: Config) {
  const origin = corsOrigin(config)
  const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE']
  return { origin, methods, credentials: origin !== '*', exposedHeaders: ['Retry-After', 'X-Total-Count'] }
}

/** Allowed origins: `*`, or a list. */
export function corsOrigin({ CORS_ORIGIN: origins }: Config): '*' | string[] {
  return origins.includes('*') ? '*' : origins
}
