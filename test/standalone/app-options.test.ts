import t from 'tap'
import { AppOptions } from '../../lib/schemas/options/app.ts'
import { optionsChecker } from '../../lib/schemas/options/checker.ts'
import { loadConfig } from '../../lib/standalone/config.ts'
import { corsOrigin, sqsTarget, toAppOptions, wantsEmbeddedSqs } from '../../lib/standalone/app-options.ts'

type Env = Record<string, string>

const options = (env: Env) => toAppOptions(loadConfig(env), { apiKey: 'the-api-key', sqs: sqsTarget(loadConfig(env)) })
const keys = { SQS_ACCESS_KEY_ID: 'AKIAEXAMPLE', SQS_SECRET_ACCESS_KEY: 'secret' }

t.test('SQS is emulated if no setting names AWS, or if the settings ask for it', async (t) => {
  const wanted: [Env, boolean][] = [
    [{}, true],
    [{ AWS_REGION: '' }, true],
    [{ SQS_REGION: 'sa-east-1' }, false],
    [{ SQS_ENDPOINT: 'http://localhost:9324' }, false],
    [{ SQS_BASE_URL: 'http://localhost:9324' }, false],
    [{ ...keys, SQS_REGION: 'sa-east-1' }, false],
    [{ AWS_REGION: 'sa-east-1' }, false],
    [{ AWS_PROFILE: 'production' }, false],
    [{ AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials' }, false],
    [{ SQS_BACKEND: 'embedded', AWS_REGION: 'sa-east-1', SQS_REGION: 'sa-east-1' }, true],
    [{ SQS_BACKEND: 'aws' }, false],
    [{ SQS_ENABLED: 'false' }, false],
    [{ SQS_ENABLED: 'false', SQS_BACKEND: 'embedded' }, false]
  ]
  t.strictSame(
    wanted.map(([env]) => wantsEmbeddedSqs(loadConfig(env), env)),
    wanted.map(([, embedded]) => embedded)
  )
})

t.test('the target is that of the settings; the SDK finds the rest', async (t) => {
  const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' }
  const targets: [Env, object][] = [
    [{}, {}],
    [{ SQS_REGION: 'sa-east-1' }, { region: 'sa-east-1' }],
    [
      { ...keys, SQS_REGION: 'sa-east-1' },
      { region: 'sa-east-1', credentials }
    ],
    [{ SQS_ENDPOINT: 'http://a.example' }, { endpoint: 'http://a.example', region: 'us-east-1' }],
    [{ SQS_BASE_URL: 'http://b.example' }, { endpoint: 'http://b.example', region: 'us-east-1' }],
    [
      { SQS_ENDPOINT: 'http://a.example', SQS_BASE_URL: 'http://b.example', SQS_REGION: 'sa-east-1' },
      { endpoint: 'http://a.example', region: 'sa-east-1' }
    ]
  ]
  t.strictSame(
    targets.map(([env]) => sqsTarget(loadConfig(env))),
    targets.map(([, target]) => target)
  )
})

t.test('the options from any valid settings are valid', async (t) => {
  const check = optionsChecker('instance-events', AppOptions)
  const everything = {
    ...keys,
    SQS_REGION: 'sa-east-1',
    SQS_ENDPOINT: 'http://a.example',
    SQS_ACCOUNT_ID: '123456789012',
    SQS_GLOBAL_CALL: 'true',
    SQS_DLQ_MAX_RECEIVES: '4',
    SQS_TAGS: 'team=hub',
    SQS_DLQ_MESSAGE_RETENTION_SECONDS: '1209600',
    S3_BUCKET: 'messages',
    S3_REGION: 'sa-east-1',
    S3_ENDPOINT: 'http://s3.example',
    S3_ACCESS_KEY: 'AKIAEXAMPLE',
    S3_SECRET_KEY: 'secret',
    HUBS: 'evolution,waha',
    WAHA_HMAC_KEY: 'the-secret-of-waha',
    EXTRA_EVENTS: 'invoice.paid',
    SILENCE_AFTER_MINUTES: '30',
    OPERATOR_INSTANCE: 'ops',
    WEBSOCKET_ALLOWED_HOSTS: '127.0.0.1',
    CORS_ORIGIN: 'https://a.example'
  }
  const all = [{}, everything, { SQS_GLOBAL_ENABLED: 'false' }].map(options)
  t.strictSame(all.map(check), all)
})

t.test('hubs and their secrets are passed on', async (t) => {
  const { hmacKeys, eventLog } = options({ HUBS: 'waha', WAHA_HMAC_KEY: 'the-secret-of-waha' })
  t.strictSame([hmacKeys, eventLog?.events], [{ waha: 'the-secret-of-waha' }, { hubs: ['waha'], names: [] }])
  t.equal(options({}).hmacKeys, undefined)
})

t.test('limits of silence and the instance of the operator are passed on', async (t) => {
  t.match(options({ SILENCE_AFTER_MINUTES: '30', OPERATOR_INSTANCE: 'ops' }), {
    eventLog: { silenceAfterMinutes: 30, operatorInstance: 'ops' }
  })
  t.equal(options({}).eventLog?.silenceAfterMinutes, 0)
  t.notOk('operatorInstance' in Object(options({}).eventLog))
})

t.test('transports and shared queues that are switched off are left out', async (t) => {
  t.match(options({ SQS_ENABLED: 'false', WEBSOCKET_ENABLED: 'false' }), { sqs: false, websocket: false })
  const modes = ['true', 'auto', 'false'].map((mode) => Object(options({ SQS_GLOBAL_ENABLED: mode }).sqs).global)
  t.match(modes, [{ unlessOwn: false }, { unlessOwn: true }, false])
})

t.test('attributes and tags of new queues are passed on, for all and by kind', async (t) => {
  const env = {
    SQS_MESSAGE_RETENTION_SECONDS: '60',
    SQS_TAGS: ' team = hub , formula=a=b,empty=, __proto__=x',
    SQS_GLOBAL_VISIBILITY_TIMEOUT_SECONDS: '0',
    SQS_GLOBAL_SSE: 'false',
    SQS_INSTANCE_DELAY_SECONDS: '900',
    SQS_DLQ_KMS_KEY_ID: 'arn:aws:kms:sa-east-1:111122223333:alias/key'
  }
  const tags = Object.fromEntries([...Object.entries({ team: 'hub', formula: 'a=b', empty: '' }), ['__proto__', 'x']])
  t.strictSame(Object(options(env).sqs).queueAttributes, {
    all: { messageRetentionSeconds: 60, tags },
    shared: { visibilityTimeoutSeconds: 0, sqsManagedSse: false },
    own: { delaySeconds: 900 },
    deadLetter: { kmsKeyId: 'arn:aws:kms:sa-east-1:111122223333:alias/key' }
  })
  t.strictSame(Object(options({}).sqs).queueAttributes, {})
})

t.test('message groups on standard queues can be switched off', async (t) => {
  const both = [{}, { SQS_FAIR_QUEUES: 'false' }]
  t.strictSame(
    both.map((env) => Object(options(env).sqs).fairQueues),
    [true, false]
  )
})

t.test('the account is passed on only if it is set', async (t) => {
  t.match(options({ SQS_ACCOUNT_ID: '123456789012' }), { sqs: { accountId: '123456789012' } })
  t.notOk('accountId' in Object(options({}).sqs))
})

t.test('the number of calls at once is passed on only if it is set', async (t) => {
  t.strictSame(
    [options({}).sqs, options({ SQS_CONCURRENCY: '7' }).sqs].map((sqs) => Object(sqs).concurrency),
    [undefined, 7]
  )
})

t.test('S3_ENABLED and an endpoint without a scheme are accepted, as in Evolution API', async (t) => {
  const env = { S3_BUCKET: 'messages', S3_ENDPOINT: 's3.example:9000' }
  t.match(Object(options(env).sqs).s3, { endpoint: 'https://s3.example:9000' })
  t.notOk('s3' in Object(options({ ...env, S3_ENABLED: 'false' }).sqs))
})

t.test('with a bucket, messages that are too large are stored in S3', async (t) => {
  t.notOk('s3' in Object(options({ S3_REGION: 'sa-east-1' }).sqs))
  const targets: [Env, object][] = [
    [{}, {}],
    [
      { S3_REGION: 'sa-east-1', S3_PREFIX: 'hub' },
      { region: 'sa-east-1', prefix: 'hub' }
    ],
    [
      { S3_ENDPOINT: 'http://s3.example', S3_ACCESS_KEY: 'AKIAEXAMPLE', S3_SECRET_KEY: 'secret' },
      { endpoint: 'http://s3.example', credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' } }
    ]
  ]
  const defaults = { bucket: 'messages', prefix: 'instance-events', urlExpiresSeconds: 604_800 }
  t.strictSame(
    targets.map(([env]) => Object(options({ S3_BUCKET: 'messages', ...env }).sqs).s3),
    targets.map(([, target]) => ({ ...defaults, ...target }))
  )
})

t.test('with SQS_DLQ_MAX_RECEIVES, queues get dead-letter queues', async (t) => {
  t.notOk('dlqMaxReceives' in Object(options({}).sqs))
  t.match(options({ SQS_DLQ_MAX_RECEIVES: '4' }), { sqs: { dlqMaxReceives: 4 } })
})

t.test('the shared queues get all events, a list, or those whose flags are set', async (t) => {
  const events: [Env, unknown][] = [
    [{}, '*'],
    [{ SQS_GLOBAL_EVENTS: 'CALL,*' }, '*'],
    [{ SQS_GLOBAL_EVENTS: 'CALL,MESSAGES_UPSERT' }, ['CALL', 'MESSAGES_UPSERT']],
    [{ SQS_GLOBAL_EVENTS: 'CALL', SQS_GLOBAL_QRCODE_UPDATED: 'true' }, ['QRCODE_UPDATED']],
    [{ SQS_GLOBAL_CALL: 'false' }, []]
  ]
  t.strictSame(
    events.map(([env]) => Object(options(env).sqs).global.events),
    events.map(([, expected]) => expected)
  )
})

t.test('server_url is SERVER_URL, or a URL of this machine', async (t) => {
  t.equal(options({ SERVER_PORT: '9000' }).eventLog?.serverUrl, 'http://localhost:9000')
  t.equal(options({ SERVER_URL: 'https://hub.example' }).eventLog?.serverUrl, 'https://hub.example')
})

t.test('settings of sockets are passed on', async (t) => {
  const env = {
    TRUST_PROXY: 'loopback,10.0.0.1',
    WEBSOCKET_ALLOWED_HOSTS: '127.0.0.1',
    WEBSOCKET_GLOBAL_EVENTS: 'true',
    WEBSOCKET_MAX_BUFFERED_BYTES: '1000000',
    WEBSOCKET_MAX_BUFFERED_BYTES_TOTAL: '2000000',
    WEBSOCKET_STALLED_AFTER_MS: '60000',
    WEBSOCKET_MAX_SOCKETS_PER_INSTANCE: '7',
    WEBSOCKET_MAX_SOCKETS_PER_ADDRESS: '8'
  }
  t.strictSame(options(env).websocket, {
    trustProxy: ['loopback', '10.0.0.1'],
    allowedHosts: ['127.0.0.1'],
    globalEvents: true,
    maxBufferedBytes: 1_000_000,
    maxBufferedBytesTotal: 2_000_000,
    stalledAfterMs: 60_000,
    maxSocketsPerInstance: 7,
    maxSocketsPerAddress: 8,
    corsOrigin: '*'
  })
})

t.test('CORS_ORIGIN allows any origin, or the listed ones', async (t) => {
  const origins: [string, unknown][] = [
    ['*', '*'],
    ['https://a.example,*', '*'],
    ['https://a.example,https://b.example', ['https://a.example', 'https://b.example']]
  ]
  const seen = origins.map(([CORS_ORIGIN]) => [
    corsOrigin(loadConfig({ CORS_ORIGIN })),
    Object(options({ CORS_ORIGIN }).websocket).corsOrigin
  ])
  t.strictSame(
    seen,
    origins.map(([, expected]) => [expected, expected])
  )
})

t.test('the limit of wrong keys is one for HTTP and sockets', (t) => {
  t.equal(options({ WRONG_KEYS_PER_MINUTE: '5' }).eventLog?.wrongKeysPerMinute, 5)
  t.end()
})

t.test('the previous global key and the name of the environment are passed on', (t) => {
  const env = { AUTHENTICATION_API_KEY_PREVIOUS: 'key-of-yesterday', ENVIRONMENT_NAME: 'staging' }
  t.equal(options(env).previousApiKey, 'key-of-yesterday')
  t.equal(options(env).environment, 'staging')
  t.notOk('previousApiKey' in options({}) || 'environment' in options({}))
  t.end()
})
