import t from 'tap'
import { AppOptions } from '../../lib/schemas/options.ts'
import { optionsChecker } from '../../lib/schemas/options-checker.ts'

const check = optionsChecker('instance-events', AppOptions)
const apiKey = 'the-api-key'

t.test('options that fit come back, without those that Fastify itself takes', async (t) => {
  const options = { apiKey, sqs: false, websocket: { globalEvents: true }, logLevel: 'warn', logSerializers: {} }
  t.strictSame(check(options), { apiKey, sqs: false, websocket: { globalEvents: true } })
  t.strictSame(check({ apiKey, prefix: '/hub' }), { apiKey, prefix: '/hub' }, 'but those that are ours as well')
})

t.test('a fault names the option and what it takes', async (t) => {
  const faults: [object, string | RegExp][] = [
    [{}, /^instance-events plugin: apiKey: /],
    [{ apiKey: 'short' }, 'instance-events plugin: apiKey: Expected string length greater or equal to 8'],
    [{ apiKey, prefx: '/' }, /^instance-events plugin: prefx is no option; there are prefix, apiKey, /],
    [{ apiKey, bodyLimit: 0 }, /^instance-events plugin: bodyLimit: Expected integer/],
    [{ apiKey, sqs: true }, 'instance-events plugin: sqs: Expected false or object'],
    [{ apiKey, sqs: { queueType: 'lifo' } }, "instance-events plugin: sqs.queueType: Expected 'fifo' or 'standard'"],
    [
      { apiKey, sqs: { global: { events: 'CALL' } } },
      "instance-events plugin: sqs.global.events: Expected '*' or array"
    ],
    [{ apiKey, sqs: { credentials: { accessKeyId: 'a' } } }, /sqs\.credentials\.secretAccessKey: /],
    [{ apiKey, websocket: { maxBufferedBytes: 0 } }, /websocket\.maxBufferedBytes: Expected integer/],
    [{ apiKey, websocket: { maxBufferedBytesTotal: 0 } }, /websocket\.maxBufferedBytesTotal: Expected integer/],
    [{ apiKey, websocket: { stalledAfterMs: 0 } }, /websocket\.stalledAfterMs: Expected integer/],
    [{ apiKey, websocket: { maxSocketsPerInstance: 0 } }, /websocket\.maxSocketsPerInstance: Expected integer/],
    [{ apiKey, websocket: { maxSocketsPerAddress: 0 } }, /websocket\.maxSocketsPerAddress: Expected integer/],
    [{ apiKey, websocket: { wrongKeysPerMinute: 0.5 } }, /websocket\.wrongKeysPerMinute: Expected integer/],
    [{ apiKey, websocket: { trustProxy: 'loopback' } }, /websocket\.trustProxy: Expected array/],
    [{ apiKey, websocket: { corsOrigin: [1] } }, 'instance-events plugin: websocket.corsOrigin.0: Expected string']
  ]
  for (const [options, message] of faults)
    t.throws(() => check(options), { code: 'IEV_OPTIONS_INVALID', message }, JSON.stringify(options))
})
