import t from 'tap'
import { ORIGIN } from '../../../lib/http/origin.ts'
import { AppOptions } from '../../../lib/schemas/options/app.ts'
import { optionsChecker } from '../../../lib/schemas/options/checker.ts'

const check = optionsChecker('instance-events', AppOptions)
const apiKey = 'the-api-key'

function faultOf(options: object): string {
  try {
    check(options)
    return 'none'
  } catch (error) {
    const { code, message } = error as Error & { code: string }
    return `${code} ${message}`
  }
}

t.test('valid options are returned without those of register itself', async (t) => {
  const options = { apiKey, sqs: false, websocket: { globalEvents: true }, logLevel: 'warn', logSerializers: {} }
  t.strictSame(check(options), { apiKey, sqs: false, websocket: { globalEvents: true } })
  t.strictSame(check({ apiKey, prefix: '/hub' }), { apiKey, prefix: '/hub' }, 'prefix is also an option of the plugin')
})

t.test('a fault names the plugin, the option and what it accepts', async (t) => {
  const faults: [object, string][] = [
    [{}, 'apiKey: Expected required property'],
    [{ apiKey: 'short' }, 'apiKey: Expected string length greater or equal to 8'],
    [
      { apiKey, prefx: '/' },
      'prefx is not an option; the options are prefix, apiKey, previousApiKey, eventLog, sqs, websocket, docs, console, environment, bodyLimit, bodiesLimit, hmacKeys, webhookDerivedIds, webhookUnknownEvents'
    ],
    [{ apiKey, bodyLimit: 0 }, 'bodyLimit: Expected integer to be greater or equal to 1'],
    [{ apiKey, sqs: true }, 'sqs: Expected false or object'],
    [{ apiKey, sqs: { queueType: 'lifo' } }, "sqs.queueType: Expected 'fifo' or 'standard'"],
    [{ apiKey, sqs: { global: { events: 'CALL' } } }, "sqs.global.events: Expected '*' or array"],
    [{ apiKey, sqs: { global: { unlessOwn: 'auto' } } }, 'sqs.global.unlessOwn: Expected boolean'],
    [
      { apiKey, sqs: { credentials: { accessKeyId: 'a' } } },
      'sqs.credentials.secretAccessKey: Expected required property'
    ],
    [
      { apiKey, websocket: { maxBufferedBytes: 0 } },
      'websocket.maxBufferedBytes: Expected integer to be greater or equal to 1'
    ],
    [
      { apiKey, websocket: { maxBufferedBytesTotal: 0 } },
      'websocket.maxBufferedBytesTotal: Expected integer to be greater or equal to 1'
    ],
    [
      { apiKey, websocket: { stalledAfterMs: 0 } },
      'websocket.stalledAfterMs: Expected integer to be greater or equal to 1'
    ],
    [
      { apiKey, websocket: { maxSocketsPerInstance: 0 } },
      'websocket.maxSocketsPerInstance: Expected integer to be greater or equal to 1'
    ],
    [
      { apiKey, websocket: { maxSocketsPerAddress: 0 } },
      'websocket.maxSocketsPerAddress: Expected integer to be greater or equal to 1'
    ],
    [{ apiKey, eventLog: { wrongKeysPerMinute: 0.5 } }, 'eventLog.wrongKeysPerMinute: Expected integer'],
    [{ apiKey, websocket: { trustProxy: 'loopback' } }, 'websocket.trustProxy: Expected array'],
    [{ apiKey, websocket: { corsOrigin: [1] } }, 'websocket.corsOrigin.0: Expected string'],
    [
      { apiKey, websocket: { corsOrigin: ['https://a.example/'] } },
      `websocket.corsOrigin.0: Expected string to match '${ORIGIN}'`
    ]
  ]
  t.strictSame(
    faults.map(([options]) => faultOf(options)),
    faults.map(([, fault]) => `IEV_OPTIONS_INVALID instance-events plugin: ${fault}`)
  )
})
