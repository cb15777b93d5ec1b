import t from 'tap'
import { loadConfig } from '../../lib/standalone/config.ts'
import { EnvSchema } from '../../lib/standalone/settings.ts'
import { EVOLUTION_EVENTS } from '../../lib/events/catalogue.ts'
import { eventKey } from '../../lib/events/event-key.ts'

type Env = Record<string, string>

t.test('without any variable, every setting has its default', async (t) => {
  t.match(loadConfig({}), {
    SERVER_HOST: '127.0.0.1',
    SERVER_PORT: 8080,
    SERVER_NAME: 'instance-events',
    SERVER_URL: undefined,
    AUTHENTICATION_API_KEY: undefined,
    CORS_ORIGIN: ['*'],
    LOG_LEVEL: 'info',
    DATABASE_URL: 'file:./data/instance-events.db',
    EVENT_RETENTION_HOURS: 24,
    MAX_PENDING_DELIVERIES: 1_000_000,
    LOG_UNSELECTED: true,
    AUTO_REGISTER: true,
    EXPOSE_API_KEY: false,
    HUBS: ['evolution'],
    WAHA_HMAC_KEY: undefined,
    EXTRA_EVENTS: [],
    SQS_ENABLED: true,
    SQS_BACKEND: 'auto',
    SQS_QUEUE_TYPE: 'fifo',
    SQS_MAX_PAYLOAD_SIZE: 1_048_576,
    SQS_DELETE_UNUSED_QUEUES: false,
    SQS_GLOBAL_ENABLED: 'true',
    SQS_GLOBAL_PREFIX_NAME: 'global',
    SQS_GLOBAL_FORCE_SINGLE_QUEUE: false,
    SQS_GLOBAL_EVENTS: ['*'],
    WEBSOCKET_ENABLED: true,
    WEBSOCKET_GLOBAL_EVENTS: false,
    WEBSOCKET_ALLOWED_HOSTS: [],
    WEBSOCKET_MAX_BUFFERED_BYTES: 4_194_304,
    WEBSOCKET_MAX_BUFFERED_BYTES_TOTAL: 67_108_864,
    WEBSOCKET_STALLED_AFTER_MS: 30_000,
    WEBSOCKET_MAX_SOCKETS_PER_INSTANCE: 10_000,
    WEBSOCKET_MAX_SOCKETS_PER_ADDRESS: 20_000,
    WRONG_KEYS_PER_MINUTE: 20,
    TRUST_PROXY: [],
    globalFlags: undefined,
    warnings: []
  })
})

t.test('an empty variable counts as absent', async (t) => {
  const names = Object.keys(EnvSchema.properties)
  const all = (value: string) => Object.fromEntries(names.map((name) => [name, value]))
  const defaults = loadConfig({})
  t.strictSame([all(''), all('   '), { SERVER_PORT: undefined }].map(loadConfig), [defaults, defaults, defaults])
})

t.test('the variables of Evolution API are read as they are documented there', async (t) => {
  const config = loadConfig({
    SERVER_TYPE: 'http',
    SERVER_PORT: '8081',
    SERVER_URL: 'http://localhost:8081',
    CORS_ORIGIN: 'https://a.example, https://b.example',
    CORS_METHODS: 'GET,POST,PUT,DELETE',
    LOG_LEVEL: 'ERROR,WARN,DEBUG,INFO,LOG,VERBOSE,DARK,WEBHOOKS,WEBSOCKET',
    LOG_COLOR: 'true',
    DATABASE_PROVIDER: 'postgresql',
    DATABASE_CONNECTION_URI: 'postgresql://user:pass@localhost:5432/evolution',
    RABBITMQ_ENABLED: 'false',
    SQS_ENABLED: 'true',
    SQS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
    SQS_SECRET_ACCESS_KEY: 'secret',
    SQS_ACCOUNT_ID: '123456789012',
    SQS_REGION: 'sa-east-1',
    SQS_MAX_PAYLOAD_SIZE: '262144',
    SQS_GLOBAL_ENABLED: 'true',
    SQS_GLOBAL_FORCE_SINGLE_QUEUE: 'true',
    SQS_GLOBAL_PREFIX_NAME: 'hub',
    SQS_GLOBAL_MESSAGES_UPSERT: 'true',
    SQS_GLOBAL_CALL: 'false',
    WEBSOCKET_ENABLED: 'true',
    WEBSOCKET_GLOBAL_EVENTS: 'true',
    WEBSOCKET_ALLOWED_HOSTS: '127.0.0.1,::1,::ffff:127.0.0.1',
    AUTHENTICATION_API_KEY: '429683C4C977415CAAFCCE10F7D57E11',
    LANGUAGE: 'en'
  })
  t.match(config, {
    SERVER_PORT: 8081,
    CORS_ORIGIN: ['https://a.example', 'https://b.example'],
    LOG_LEVEL: 'debug',
    SQS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
    SQS_SECRET_ACCESS_KEY: 'secret',
    SQS_ACCOUNT_ID: '123456789012',
    SQS_REGION: 'sa-east-1',
    SQS_MAX_PAYLOAD_SIZE: 262_144,
    SQS_GLOBAL_FORCE_SINGLE_QUEUE: true,
    SQS_GLOBAL_PREFIX_NAME: 'hub',
    WEBSOCKET_GLOBAL_EVENTS: true,
    WEBSOCKET_ALLOWED_HOSTS: ['127.0.0.1', '::1', '::ffff:127.0.0.1'],
    AUTHENTICATION_API_KEY: '429683C4C977415CAAFCCE10F7D57E11',
    globalFlags: ['MESSAGES_UPSERT'],
    warnings: []
  })
  t.equal('LANGUAGE' in config, false, 'variables of other programs are left out')
})

t.test(
  'LOG_LEVEL accepts upper case, names of Evolution API, and a list, of which the most verbose counts',
  async (t) => {
    const levels = {
      INFO: 'info',
      ' warn ': 'warn',
      'ERROR,WARN': 'warn',
      'ERROR, LOG, INFO': 'info',
      'fatal,silent': 'fatal',
      'ERROR,WARN,VERBOSE': 'debug',
      'ERROR,WARN,LOG': 'info',
      'ERROR,DARK': 'debug',
      'WEBHOOKS,WEBSOCKET': 'debug',
      LOG: 'info',
      VERBOSE: 'debug'
    }
    const given = Object.keys(levels)
    t.strictSame(Object.fromEntries(given.map((value) => [value, loadConfig({ LOG_LEVEL: value }).LOG_LEVEL])), levels)
  }
)

t.test('blanks, line ends and quotes around a value are removed', async (t) => {
  const given = {
    SQS_REGION: "'us-east-1'",
    SERVER_PORT: ' "9000"\r',
    SQS_ENABLED: 'true\r',
    SERVER_HOST: ' 0.0.0.0 ',
    DATABASE_URL: '"file:./my data.db"',
    CORS_ORIGIN: '"https://a.example, https://b.example"',
    SERVER_URL: '""',
    SERVER_NAME: `it's "it"`
  }
  t.match(loadConfig(given), {
    SQS_REGION: 'us-east-1',
    SERVER_PORT: 9000,
    SQS_ENABLED: true,
    SERVER_HOST: '0.0.0.0',
    DATABASE_URL: 'file:./my data.db',
    CORS_ORIGIN: ['https://a.example', 'https://b.example'],
    SERVER_URL: undefined,
    SERVER_NAME: `it's "it"`
  })
})

t.test('regions of every partition are accepted; with an endpoint, any name is', async (t) => {
  const endpoints = { SQS_ENDPOINT: 'http://localhost:9324', S3_ENDPOINT: 'http://localhost:9000' }
  const regionsOf = (regions: string[], env: Env = {}) =>
    regions.map((region) => {
      const { SQS_REGION, S3_REGION } = loadConfig({ ...env, SQS_REGION: region, S3_REGION: region })
      return SQS_REGION === S3_REGION && SQS_REGION
    })
  const ofAws = ['us-east-1', 'sa-east-1', 'us-gov-west-1', 'cn-northwest-1', 'us-iso-east-1', 'eusc-de-east-1']
  t.strictSame(regionsOf(ofAws), ofAws)
  const others = ['elasticmq', 'auto', 'dc1']
  t.strictSame(regionsOf(others, endpoints), others)
})

t.test('an endpoint may be an IPv6 address', async (t) => {
  const env = { SQS_ENDPOINT: 'http://[::1]:4566', S3_ENDPOINT: 'http://[fd00::1]:9000' }
  t.match(loadConfig(env), env)
})

t.test('variables that affect other AWS clients, but not this server, are warned of', async (t) => {
  const proxy = { HTTPS_PROXY: 'http://proxy:3128' }
  const warned = 'HTTPS_PROXY has no effect on calls to AWS without NODE_USE_ENV_PROXY=1'
  const bundle = 'AWS_CA_BUNDLE has no effect: set NODE_EXTRA_CA_CERTS to the file instead'
  const cases: [Env, string[]][] = [
    [proxy, [warned]],
    [{ https_proxy: 'http://proxy:3128' }, [warned.replace('HTTPS_PROXY', 'https_proxy')]],
    [{ ...proxy, NODE_USE_ENV_PROXY: '1' }, []],
    [{ ...proxy, NODE_OPTIONS: '--use-env-proxy' }, []],
    [{ ...proxy, SQS_ENABLED: 'false' }, []],
    [{ AWS_CA_BUNDLE: '/ca.pem' }, [bundle]],
    [{ AWS_CA_BUNDLE: '/ca.pem', NODE_EXTRA_CA_CERTS: '/ca.pem' }, []]
  ]
  t.strictSame(
    cases.map(([env]) => loadConfig(env).warnings),
    cases.map(([, warnings]) => warnings)
  )
})

t.test('if a flag of a single event is set, the flags replace the list of events', async (t) => {
  const flags = (env: Env) => loadConfig(env).globalFlags
  t.strictSame(flags({ SQS_GLOBAL_CALL: 'true', SQS_GLOBAL_QRCODE_UPDATED: 'true', SQS_GLOBAL_EVENTS: '*' }), [
    'QRCODE_UPDATED',
    'CALL'
  ])
  t.strictSame(flags({ SQS_GLOBAL_CALL: 'false' }), [], 'a flag that is off selects nothing')
  t.equal(flags({ SQS_GLOBAL_CALL: '', SQS_GLOBAL_EVENTS: 'CALL' }), undefined)
  t.strictSame(flags({ EXTRA_EVENTS: 'invoice.paid', SQS_GLOBAL_INVOICE_PAID: 'true' }), ['INVOICE_PAID'])
  t.equal(flags({ SQS_GLOBAL_INVOICE_PAID: 'true' }), undefined, 'the name of an unknown event is not a flag')
  const named = loadConfig({
    EXTRA_EVENTS: 'enabled,prefix.name',
    SQS_GLOBAL_ENABLED: 'true',
    SQS_GLOBAL_PREFIX_NAME: 'hub'
  })
  t.match(named, { SQS_GLOBAL_PREFIX_NAME: 'hub', globalFlags: undefined }, 'an extra event does not replace a setting')
  const all = Object.fromEntries(EVOLUTION_EVENTS.map((name) => [`SQS_GLOBAL_${eventKey(name)}`, 'true']))
  t.strictSame(flags(all), EVOLUTION_EVENTS.map(eventKey))
})

t.test('flags of single events are those of the hubs', async (t) => {
  const flags = { SQS_GLOBAL_WAHA_MESSAGE_ANY: 'true', SQS_GLOBAL_CALL: 'true' }
  t.strictSame(
    ['waha', 'evolution', ' waha , evolution'].map((HUBS) => loadConfig({ HUBS, ...flags }).globalFlags),
    [['WAHA_MESSAGE_ANY'], ['CALL'], ['CALL', 'WAHA_MESSAGE_ANY']]
  )
})

t.test('an HMAC key of a hub that is not received is warned of', async (t) => {
  const warnings = (HUBS: string) => loadConfig({ HUBS, WAHA_HMAC_KEY: 'the-secret-of-waha' }).warnings
  t.strictSame(
    [warnings('evolution,waha'), warnings('evolution')],
    [[], ['WAHA_HMAC_KEY has no effect: HUBS does not list waha']]
  )
})

t.test('a SERVER_URL that is no URL, or has credentials, is accepted with a warning', (t) => {
  const warnings = (SERVER_URL: string) => loadConfig({ SERVER_URL }).warnings
  const warning =
    'SERVER_URL is not a URL, so links to this server do not work: set one such as https://events.example.com'
  for (const url of ['events.example.com', 'localhost:8080', 'https://', 'https://a.example/b c'])
    t.strictSame(warnings(url), [warning], url)
  for (const url of ['https://events.example.com', 'HTTP://localhost:8080/hub']) t.strictSame(warnings(url), [], url)
  for (const url of ['https://user:secret@events.example.com', 'https://user@events.example.com'])
    t.strictSame(
      warnings(url),
      ['SERVER_URL has a user name or a password, which messages and GET / show to all clients: remove it'],
      url
    )
  t.end()
})

t.test('lists are separated by commas; blanks and empty entries are ignored', async (t) => {
  const { SQS_GLOBAL_EVENTS, EXTRA_EVENTS } = loadConfig({
    SQS_GLOBAL_EVENTS: ' CALL ,,MESSAGES_UPSERT,',
    EXTRA_EVENTS: 'invoice.paid , b'
  })
  t.strictSame(SQS_GLOBAL_EVENTS, ['CALL', 'MESSAGES_UPSERT'])
  t.strictSame(EXTRA_EVENTS, ['invoice.paid', 'b'])
})

t.test('TRUST_PROXY accepts addresses, networks and names of networks', async (t) => {
  const TRUST_PROXY = '10.0.0.1, 10.0.0.0/8,2001:db8::/32 ,loopback,linklocal,uniquelocal'
  t.strictSame(loadConfig({ TRUST_PROXY }).TRUST_PROXY, [
    '10.0.0.1',
    '10.0.0.0/8',
    '2001:db8::/32',
    'loopback',
    'linklocal',
    'uniquelocal'
  ])
})

t.test('a variable whose name is nearly that of a setting is warned of', async (t) => {
  t.strictSame(loadConfig({ WEBSOCKET_ENABLE: 'false' }).warnings, [
    'WEBSOCKET_ENABLE is not a setting; did you mean WEBSOCKET_ENABLED?'
  ])
  t.strictSame(loadConfig({ PATH: '/bin', SQS_SOMETHING_ELSE: '1', S3_USE_SSL: 'true' }).warnings, [])
})

t.test('every unknown SQS_GLOBAL_ variable is warned of, with the nearest one', async (t) => {
  const env = {
    EXTRA_EVENTS: 'invoice.paid',
    SQS_GLOBAL_MESAGES_UPSERT: 'true',
    SQS_GLOBAL_MESSAGES: 'true',
    SQS_GLOBAL_INVOICE_PAYED_LATE: 'true',
    SQS_GLOBAL_PREFIX: 'hub',
    SQS_GLOBAL_ENABLED: 'true',
    SQS_GLOBAL_INVOICE_PAID: 'true'
  }
  t.strictSame(loadConfig(env).warnings, [
    'SQS_GLOBAL_MESAGES_UPSERT is not a setting; did you mean SQS_GLOBAL_MESSAGES_UPSERT?',
    'SQS_GLOBAL_MESSAGES is not a setting; did you mean SQS_GLOBAL_MESSAGES_SET?',
    'SQS_GLOBAL_INVOICE_PAYED_LATE is not a setting; did you mean SQS_GLOBAL_INVOICE_PAID?',
    'SQS_GLOBAL_PREFIX is not a setting; did you mean SQS_GLOBAL_PREFIX_NAME?'
  ])
})
