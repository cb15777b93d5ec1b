import { readFileSync } from 'node:fs'
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
    newKey: undefined,
    keyFile: undefined,
    embedded: undefined,
    ...options
  })
}

/** The text of one row. */
function row(name: string, text: string): string | undefined {
  return new RegExp(`^  ${name} +(.*)$`, 'm').exec(text)?.[1]
}

const embedded = {
  target: {
    endpoint: 'http://127.0.0.1:4566',
    region: 'us-east-1',
    credentials: { accessKeyId: 'embedded', secretAccessKey: 'embedded' }
  },
  stop: async () => {}
}

t.test('the banner shows all addresses', async (t) => {
  t.equal(
    shown({}, { newKey: 'the-api-key', keyFile: '/srv/data/api-key', embedded }),
    [
      '',
      'fastify-instance-events is ready',
      '  HTTP API   http://127.0.0.1:8080   (documentation: http://127.0.0.1:8080/docs)',
      '  Console    http://127.0.0.1:8080/console',
      '  Socket.IO  ws://127.0.0.1:8080/<instance>',
      '  SQS        http://127.0.0.1:4566   (emulated in this process, not for production; accepts any region and credentials)',
      '  Queues     global_<event>.fifo for all events of all instances',
      '             <instance>_<event>.fifo for the events that an instance selects; these are sent to both queues (set SQS_GLOBAL_ENABLED=auto to send them only to this one)',
      '  Event log  file:./data/instance-events.db',
      '  API key    the-api-key   (kept in /srv/data/api-key)',
      ''
    ].join('\n')
  )
})

t.test('README shows the banner as it is printed', async (t) => {
  for (const path of ['README.md', 'README.pt-BR.md']) {
    const [printed = ''] = /^fastify-instance-events is ready\n[^`]*/m.exec(readFileSync(path, 'utf8')) ?? []
    const [, newKey, keyFile] = /API key +(\S+) +\(kept in (\S+)\)/.exec(printed) ?? []
    t.equal(printed, shown({}, { newKey, keyFile, embedded }).trimStart(), path)
  }
})

t.test('a key of an earlier start is not shown, only its file', async (t) => {
  t.equal(row('API key', shown({}, { keyFile: '/srv/data/api-key' })), 'kept in /srv/data/api-key')
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
    [{ SQS_ENDPOINT: 'http://me:secret@a.example' }, 'http://***@a.example'],
    [{ SQS_BASE_URL: 'http://me:secret@b.example' }, 'http://***@b.example'],
    [{ SQS_REGION: 'sa-east-1' }, 'AWS, sa-east-1'],
    [{}, 'AWS']
  ]
  t.strictSame(
    rows.map(([env]) => row('SQS', shown(env))),
    rows.map(([, text]) => text)
  )
})

t.test('the banner says which queues an event goes to', async (t) => {
  const own = '<instance>_<event>.fifo for the events that an instance selects'
  const both = `${own}; these are sent to both queues (set SQS_GLOBAL_ENABLED=auto to send them only to this one)`
  const six = 'CALL,CHATS_SET,CHATS_UPSERT,CHATS_UPDATE,CHATS_DELETE,CONTACTS_SET'
  const cases: [Record<string, string>, string[]][] = [
    [
      { SQS_GLOBAL_ENABLED: 'auto', SQS_GLOBAL_PREFIX_NAME: 'hub' },
      [own, 'hub_<event>.fifo for all events of all instances, except those that go to a queue of their instance']
    ],
    [{ SQS_GLOBAL_ENABLED: 'false' }, [own]],
    [{ SQS_GLOBAL_CALL: 'false' }, [own]],
    [
      { SQS_GLOBAL_FORCE_SINGLE_QUEUE: 'true', SQS_GLOBAL_EVENTS: 'CALL, LABELS_EDIT' },
      ['global_singlequeue.fifo for CALL, LABELS_EDIT of all instances', both]
    ],
    [
      { SQS_QUEUE_TYPE: 'standard', SQS_GLOBAL_EVENTS: six },
      ['global_<event> for 6 events of all instances', both.replace('.fifo', '')]
    ],
    [{ SQS_ENABLED: 'false' }, []]
  ]
  const rows = (text: string) => /^ {2}Queues +(.*)\n(?: {13}(.*)\n)?/m.exec(text)?.slice(1).filter(Boolean) ?? []
  t.strictSame(
    cases.map(([env]) => rows(shown(env))),
    cases.map(([, lines]) => lines)
  )
})
