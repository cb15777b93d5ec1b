import t from 'tap'
import { loadConfig } from '../../lib/standalone/config.ts'
import { banner, type BannerOptions } from '../../lib/standalone/banner.ts'

const url = 'http://127.0.0.1:8080'

/** The banner of these settings. */
function shown(env: Record<string, string>, options: Partial<BannerOptions> = {}): string {
  return banner({
    url,
    config: loadConfig(env),
    console: true,
    apiKey: 'the-api-key',
    keyFile: undefined,
    embedded: undefined,
    ...options
  })
}

/** The text of one row. */
function row(name: string, text: string): string | undefined {
  return new RegExp(`^  ${name} +(.*)$`, 'm').exec(text)?.[1]
}

t.test('the banner shows all addresses', async (t) => {
  const embedded = {
    target: {
      endpoint: 'http://127.0.0.1:4566',
      region: 'us-east-1',
      credentials: { accessKeyId: 'embedded', secretAccessKey: 'embedded' }
    },
    stop: async () => {}
  }
  t.equal(
    shown({}, { keyFile: '/srv/data/api-key', embedded }),
    [
      '',
      'fastify-instance-events is ready',
      '  HTTP API   http://127.0.0.1:8080   (documentation: http://127.0.0.1:8080/docs)',
      '  Console    http://127.0.0.1:8080/console',
      '  Socket.IO  ws://127.0.0.1:8080/<instance>',
      '  SQS        http://127.0.0.1:4566   (emulated in this process, not for production; any region and credentials)',
      '  Event log  file:./data/instance-events.db',
      '  API key    the-api-key   (kept in /srv/data/api-key)',
      ''
    ].join('\n')
  )
})

t.test('the key of the operator is not shown', async (t) => {
  t.notMatch(shown({ AUTHENTICATION_API_KEY: 'the-api-key' }), /the-api-key|API key/)
})

t.test('what is switched off is shown as off', async (t) => {
  const text = shown({ DOCS_ENABLED: 'false', WEBSOCKET_ENABLED: 'false', SQS_ENABLED: 'false' }, { console: false })
  t.equal(row('HTTP API', text), url)
  t.equal(row('Console', text), undefined)
  t.equal(row('Socket.IO', text), 'off (WEBSOCKET_ENABLED=false)')
  t.equal(row('SQS', text), 'off (SQS_ENABLED=false)')
})

t.test('with global events, the root namespace is shown', async (t) => {
  t.equal(
    row('Socket.IO', shown({ WEBSOCKET_GLOBAL_EVENTS: 'true' })),
    'ws://127.0.0.1:8080/<instance> and ws://127.0.0.1:8080'
  )
})

t.test('the SQS row shows the endpoint, else the region, else AWS', async (t) => {
  const rows: [Record<string, string>, string][] = [
    [
      { SQS_ENDPOINT: 'http://a.example', SQS_BASE_URL: 'http://b.example', SQS_REGION: 'sa-east-1' },
      'http://a.example'
    ],
    [{ SQS_BASE_URL: 'http://b.example' }, 'http://b.example'],
    [{ SQS_REGION: 'sa-east-1' }, 'AWS, sa-east-1'],
    [{}, 'AWS']
  ]
  t.strictSame(
    rows.map(([env]) => row('SQS', shown(env))),
    rows.map(([, text]) => text)
  )
})
