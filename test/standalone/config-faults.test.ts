import t from 'tap'
import { loadConfig } from '../../lib/standalone/config.ts'
import type { InstanceEventsError } from '../../lib/error-class.ts'

type Env = Record<string, string>

/** The messages of all faults. */
function faults(env: Env): string[] {
  try {
    loadConfig(env)
  } catch (error) {
    const { code, messages = [], message } = error as InstanceEventsError
    return code === 'IEV_CONFIG_INVALID' && message === messages.join('\n') ? messages : [message]
  }
  return []
}

t.test('a fault names the variable, its value and the values that it accepts', async (t) => {
  const levels = 'one of trace, debug, info, warn, error, fatal, silent'
  const PROXIES = 'addresses and networks of proxies, separated by commas, or loopback, linklocal, uniquelocal'
  const wrong: [string, string, string][] = [
    ['LOG_LEVEL', 'loud', levels],
    ['LOG_LEVEL', 'LOG,LOUD', levels],
    ['LOG_LEVEL', ',', levels],
    ['SQS_REGION', 'US East (N. Virginia)', 'an AWS region, such as us-east-1'],
    ['SQS_REGION', 'us-east-1a', 'an AWS region, such as us-east-1'],
    ['SQS_REGION', 'virginia', 'an AWS region, such as us-east-1'],
    ['S3_REGION', 'US-EAST-1', 'an AWS region, such as us-east-1'],
    ['S3_REGION', 'auto', 'an AWS region, such as us-east-1'],
    ['AWS_REGION', 'Ireland', 'an AWS region, such as us-east-1'],
    ['AWS_DEFAULT_REGION', "'us-east-1'", 'an AWS region, such as us-east-1'],
    ['SQS_BASE_URL', 'http://sqs example', 'a URL, such as http://localhost:9324'],
    ['SQS_GLOBAL_CALL', 'yes', 'true or false'],
    ['SILENCE_AFTER_MINUTES', '-1', 'a whole number from 0 to 525600'],
    ...['..', 'stream'].map((name): [string, string, string] => [
      'OPERATOR_INSTANCE',
      name,
      'the name of an instance reserved for the operator, other than stream'
    ]),
    ['HUBS', 'wahaa', 'one or more of evolution, evolution-go, waha, separated by commas'],
    ['SERVER_PORT', '70000', 'a whole number from 0 to 65535'],
    ['SERVER_PORT', 'http', 'a whole number from 0 to 65535'],
    ['SERVER_PORT', '80.5', 'a whole number from 0 to 65535'],
    ['BODY_LIMIT', '10mb', 'a whole number from 1024'],
    ['SQS_ENABLED', 'yes', 'true or false'],
    ['WEBSOCKET_GLOBAL_EVENTS', 'on', 'true or false'],
    ['WEBSOCKET_MAX_BUFFERED_BYTES', '4MB', 'a whole number from 1'],
    ['WEBSOCKET_MAX_BUFFERED_BYTES', '0', 'a whole number from 1'],
    ['WEBSOCKET_MAX_BUFFERED_BYTES_TOTAL', '0', 'a whole number from 1'],
    ['WEBSOCKET_STALLED_AFTER_MS', '30s', 'a whole number from 1'],
    ['WEBSOCKET_MAX_SOCKETS_PER_INSTANCE', '-1', 'a whole number from 1'],
    ['WEBSOCKET_MAX_SOCKETS_PER_ADDRESS', '0', 'a whole number from 1'],
    ['WRONG_KEYS_PER_MINUTE', '0', 'a whole number from 1'],
    ['TRUST_PROXY', 'true', PROXIES],
    ['TRUST_PROXY', '10.0.0.0/40', PROXIES],
    ...[
      'https://app.example/',
      'app.example',
      'HTTPS://App.Example',
      'https://*.example',
      'https://app.example:443',
      'https://ação.example'
    ].map((origin): [string, string, string] => [
      'CORS_ORIGIN',
      origin,
      'origins of browsers, such as https://app.example (no path), separated by commas, or *'
    ]),
    ['WEBSOCKET_ALLOWED_HOSTS', '*', 'addresses and networks, separated by commas, such as 127.0.0.1,10.0.0.0/8'],
    [
      'DATABASE_URL',
      'mysql://localhost/events',
      'file:<path>, :memory: or postgres://<user>:<password>@<host>/<database>'
    ],
    ['EVENT_RETENTION_HOURS', '0', 'a number of hours above 0'],
    ...['Infinity', '1e999', 'NaN'].flatMap((number): [string, string, string][] => [
      ['EVENT_RETENTION_HOURS', number, 'a number of hours above 0'],
      ['BODY_LIMIT', number, 'a whole number from 1024'],
      ['SQS_CONCURRENCY', number, 'a whole number from 1 to 512']
    ]),
    ['SQS_BACKEND', 'gcp', 'one of auto, aws, embedded'],
    ['SQS_QUEUE_TYPE', 'lifo', 'one of fifo, standard'],
    ['SQS_GLOBAL_ENABLED', 'yes', 'one of true, auto, false'],
    ['SQS_ACCOUNT_ID', '1234', 'an AWS account number of 12 digits'],
    ['SQS_ENDPOINT', 'http://[::1', 'a URL, such as http://localhost:9324'],
    ['SQS_ENDPOINT', 'localhost:9324', 'a URL, such as http://localhost:9324'],
    ['SQS_CONCURRENCY', '0', 'a whole number from 1 to 512'],
    ['SQS_MESSAGE_RETENTION_SECONDS', '59', 'a whole number from 60 to 1209600'],
    ['SQS_DLQ_VISIBILITY_TIMEOUT_SECONDS', '43201', 'a whole number from 0 to 43200'],
    ['SQS_INSTANCE_DELAY_SECONDS', '901', 'a whole number from 0 to 900'],
    ['SQS_GLOBAL_SSE', 'yes', 'true or false'],
    ['SQS_KMS_KEY_ID', 'my key', 'the id, ARN or alias of a key of AWS KMS, such as alias/my-key'],
    ['SQS_MAX_PAYLOAD_SIZE', '1048577', 'a whole number from 1024 to 1048576'],
    ['SQS_GLOBAL_PREFIX_NAME', 'my hub', '1 to 40 letters, digits, - and _']
  ]
  t.strictSame(
    wrong.flatMap(([name, value]) => faults({ [name]: value })),
    wrong.map(([name, value, expected]) => `${name}: got "${value}", expected ${expected}`)
  )
})

t.test('faults of tags and of encryption name the setting of the kind of queue', async (t) => {
  t.strictSame(
    faults({
      SQS_KMS_KEY_ID: 'alias/key',
      SQS_SSE: 'false',
      SQS_TAGS: 'team=hub, team=sales, stage',
      SQS_GLOBAL_TAGS: 'managed-by=me',
      SQS_INSTANCE_TAGS: 'aws:x=1,a=b&c',
      SQS_DLQ_TAGS: '=x'
    }),
    [
      'SQS_SSE: cannot be used with SQS_KMS_KEY_ID: leave one out',
      'SQS_TAGS: the tag "team" is given twice',
      'SQS_TAGS: got "stage", expected <key>=<value>',
      'SQS_GLOBAL_TAGS: the tag "managed-by" is set by this server: choose another key',
      'SQS_INSTANCE_TAGS: the tag "aws:x" begins with aws:, which is reserved for AWS',
      'SQS_INSTANCE_TAGS: the tag "a" has the value "b&c": expected at most 256 letters, digits, blanks and _ . : / = + - @',
      'SQS_DLQ_TAGS: the tag "" must have 1 to 128 letters, digits, blanks and _ . : / = + - @'
    ]
  )
  t.strictSame(faults({ SQS_KMS_KEY_ID: 'alias/key', SQS_GLOBAL_SSE: 'true' }), [], 'of two kinds')
  const tags = (count: number, prefix: string) => Array.from({ length: count }, (_, n) => `${prefix}${n}=x`).join(',')
  t.strictSame(
    faults({ SQS_TAGS: tags(40, 'a'), SQS_GLOBAL_TAGS: tags(20, 'b'), SQS_INSTANCE_TAGS: tags(20, 'a') }),
    ['SQS_GLOBAL_TAGS: 60 tags: a queue has at most 50, 3 of which this server sets'],
    'a queue has the tags of all and of its kind'
  )
})

t.test('the fault of a list of proxies names the wrong entries only', async (t) => {
  t.match(faults({ TRUST_PROXY: 'loopback,nginx,10.0.0.1,*' }), [/^TRUST_PROXY: got "nginx,\*", expected /])
})

t.test('all faults are reported at once', async (t) => {
  const messages = faults({ SERVER_PORT: 'x', SQS_ENABLED: 'x', SQS_GLOBAL_CALL: 'x' })
  t.strictSame(messages.map((message) => message.split(':')[0]).sort(), [
    'SERVER_PORT',
    'SQS_ENABLED',
    'SQS_GLOBAL_CALL'
  ])
})

t.test('a fault never shows a secret', async (t) => {
  for (const name of ['AUTHENTICATION_API_KEY', 'AUTHENTICATION_API_KEY_PREVIOUS'])
    t.match(faults({ [name]: 'chave-secréta' }), [new RegExp(`^${name}: got an invalid value, .* printable ASCII$`)])
  t.strictSame(faults({ AUTHENTICATION_API_KEY: 'short-1' }), [
    'AUTHENTICATION_API_KEY: got an invalid value, expected the global key, 8 characters or more, of printable ASCII'
  ])
  const secrets: Env[] = [
    { AUTHENTICATION_API_KEY: 'hunter2' },
    { DATABASE_URL: 'postgres://user:hunter2@db.example/events' },
    { DATABASE_URL: 'mysql://user:p@hunter2@db.example' },
    { DATABASE_URL: 'postgres:user:hunter2@db.example/events' },
    { SQS_ENDPOINT: 'ftp://user:hunter2@sqs.example' },
    { S3_ENDPOINT: 'user:hunter2@minio:9000' },
    { S3_ENDPOINT: 'http://user:p/hunter2@minio:9000' },
    { SQS_SECRET_ACCESS_KEY: 'hunter2' },
    { SQS_SECRET_ACCESS_KEY: 'hunter2', SQS_ACCESS_KEY_ID: 'AKIAEXAMPLE', SERVER_PORT: 'x' },
    { SQS_SECRET_ACCESS_KEY: 'hunter2', SQS_ACCESS_KEY_ID: 'AKIAEXAMPLE' }
  ]
  const messages = secrets.map(faults)
  t.strictSame(
    messages.map(({ length }) => length),
    secrets.map(() => 1)
  )
  t.notMatch(messages.join('\n'), /hunter2|AKIAEXAMPLE/)
})

t.test('a PostgreSQL URL that cannot be parsed is a fault with the remedy', async (t) => {
  const env = { AUTHENTICATION_API_KEY: 'the-global-key' }
  const wrong = [
    'postgres://user:hun/ter2@db/hub',
    'postgresql://user:hun#ter2@db/hub',
    'postgres://db:port/hub',
    'postgres://user:12/ter2@db/hub',
    'postgres://user:hun@ter2/x@db/hub'
  ]
  const messages = wrong.map((url) => faults({ ...env, DATABASE_URL: url }))
  const remedy = /^DATABASE_URL: is not a URL, expected (?!.*ter2).* must be percent-encoded/
  t.match(
    messages,
    wrong.map(() => [remedy])
  )
  const right = ['postgres://user:hun%2Fter2@db/hub', 'postgres:///hub', 'postgres://user:pw@/hub?host=/run/pg']
  t.strictSame(
    right.map((url) => loadConfig({ ...env, DATABASE_URL: url }).DATABASE_URL),
    right
  )
})

t.test('credentials need each other, and a region or an endpoint', async (t) => {
  const id = { SQS_ACCESS_KEY_ID: 'AKIAEXAMPLE' }
  const both = { ...id, SQS_SECRET_ACCESS_KEY: 'secret' }
  t.match(faults({ ...id, SQS_REGION: 'sa-east-1' }), ['SQS_SECRET_ACCESS_KEY: is missing; SQS_ACCESS_KEY_ID needs it'])
  t.match(faults({ SQS_SECRET_ACCESS_KEY: 'secret' }), [
    'SQS_ACCESS_KEY_ID: is missing; SQS_SECRET_ACCESS_KEY needs it'
  ])
  t.match(faults(both), ['SQS_REGION: is missing, expected the AWS region of the queues, such as us-east-1'])
  const places: Env[] = [
    { SQS_REGION: 'sa-east-1' },
    { AWS_REGION: 'sa-east-1' },
    { AWS_DEFAULT_REGION: 'sa-east-1' },
    { SQS_ENDPOINT: 'http://localhost:9324' },
    { SQS_BASE_URL: 'http://localhost:9324' }
  ]
  t.strictSame(
    places.map((place) => faults({ ...both, ...place })),
    places.map(() => [])
  )

  t.strictSame(faults({ S3_ACCESS_KEY: 'AKIAEXAMPLE' }), ['S3_SECRET_KEY: is missing; S3_ACCESS_KEY needs it'])
  t.strictSame(faults({ S3_SECRET_KEY: 'secret' }), ['S3_ACCESS_KEY: is missing; S3_SECRET_KEY needs it'])
  t.strictSame(faults({ S3_ACCESS_KEY: 'AKIAEXAMPLE', S3_SECRET_KEY: 'secret' }), [])
})

t.test('of several hubs the unknown ones are named, and there is at least one', async (t) => {
  const expected = 'expected one or more of evolution, evolution-go, waha, separated by commas'
  t.strictSame(faults({ HUBS: 'waha,whatsapp,evolution,wa' }), [`HUBS: got "whatsapp,wa", ${expected}`])
  t.strictSame(faults({ HUBS: ',' }), [`HUBS: got "", ${expected}`])
})

t.test('a secret in blanks, line ends or quotes is a fault that does not show it', async (t) => {
  const region = { SQS_REGION: 'us-east-1' }
  const keys: [string, Env][] = [
    ['AUTHENTICATION_API_KEY', {}],
    ['SQS_ACCESS_KEY_ID', { ...region, SQS_SECRET_ACCESS_KEY: 'secret' }],
    ['SQS_SECRET_ACCESS_KEY', { ...region, SQS_ACCESS_KEY_ID: 'AKIAEXAMPLE' }],
    ['S3_ACCESS_KEY', { S3_SECRET_KEY: 'secret' }],
    ['S3_SECRET_KEY', { S3_ACCESS_KEY: 'AKIAEXAMPLE' }],
    ['WAHA_HMAC_KEY', {}],
    ['AWS_ACCESS_KEY_ID', region],
    ['AWS_SECRET_ACCESS_KEY', region]
  ]
  const within = '"hunter2 hunter2'
  const values = [
    'hunter2-hunter2 ',
    '\thunter2-hunter2',
    'hunter2-hunter2\r',
    '"hunter2-hunter2"',
    "'hunter2-hunter2'"
  ]
  const cases = keys.flatMap(([name, others]) => [...values, within].map((value) => ({ name, others, value })))
  t.strictSame(
    cases.map(({ name, others, value }) => faults({ ...others, [name]: value })),
    cases.map(({ name, value }) =>
      value === within
        ? []
        : [`${name}: begins or ends with a space or a line break, or is in quotes: write only the value`]
    )
  )
  t.match(faults({ AUTHENTICATION_API_KEY: 'hunter2-hunter2 ', SERVER_PORT: 'x' }), [
    /^SERVER_PORT/,
    /^AUTHENTICATION_API_KEY/
  ])
})

t.test('wrong variables of the SDK are no faults where the SDK does not use them', async (t) => {
  const wrong = { AWS_REGION: 'Ireland', AWS_SECRET_ACCESS_KEY: 'a ' }
  const others: Env[] = [
    { SQS_ENABLED: 'false' },
    { SQS_BACKEND: 'embedded' },
    { SQS_REGION: 'us-east-1', SQS_ACCESS_KEY_ID: 'a', SQS_SECRET_ACCESS_KEY: 'b' },
    { SQS_ENDPOINT: 'http://localhost:9324', SQS_ACCESS_KEY_ID: 'a', SQS_SECRET_ACCESS_KEY: 'b' }
  ]
  t.strictSame(
    others.map((env) => faults({ ...wrong, ...env })),
    others.map(() => [])
  )
})
