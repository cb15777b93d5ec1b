import { styleText } from 'node:util'
import t, { type Test } from 'tap'
import { API_KEY, listen } from '../support/build.ts'
import { cli, type CliWorld } from '../support/cli.ts'
import { startSqs } from '../support/sqs.ts'
import type { AppOptions } from '../../app.ts'

/** A server, and commands with its key. */
async function start(t: Test, options: Partial<AppOptions> = {}) {
  const { app, url } = await listen(t, options)
  const run = (args: string[], world: CliWorld = {}) => cli(args, { env: { IEV_URL: url, API_KEY }, ...world })
  return { app, url, run }
}

t.test('instances are created, listed and deleted, and their tokens replaced', async (t) => {
  const { run, url } = await start(t)
  t.match(await run(['instances']), { code: 0, out: '', error: 'There are no instances yet.' })

  const created = await run(['instances', 'create', 'sales'])
  t.match(created, { code: 0, out: /^[0-9A-F-]{36}$/, error: 'Token of sales, which is not shown again:' })
  const own = { env: { IEV_URL: url, API_KEY: created.out } }
  t.match(
    await run(['instances', '--json'], own),
    { code: 0, out: /^\[\{.*"name":"sales"/ },
    'with its token, an instance sees only itself'
  )
  t.match(await run(['instances', 'create', 'sales']), { code: 1, out: '', error: /\(IEV_INSTANCE_EXISTS\)$/ })

  t.match(await run(['instances', 'create', 'a', '--token', 'given', '--json']), {
    code: 0,
    out: /^\{.*"hash":"given"/,
    error: ''
  })
  t.match(await run(['instances', 'token', 'a', '--token', 'given-again']), { code: 0, out: 'given-again' })
  t.match(
    await run(['instances', '--json', 'token', 'a']),
    { code: 0, out: /"hash":"[0-9A-F-]{36}"/ },
    '--json before the subcommand'
  )
  t.match(await run(['instances', 'token', 'a', '--token', 'kept', '--keep-old-for', '3600']), { out: 'kept' })
  t.match(await run(['instances', 'token', 'a', '--token', 'newest', '--keep-old-for', '3600']), {
    code: 0,
    out: 'newest',
    error: /^The old token is valid until \d{4}-\S+Z\.\nToken of a, which is not shown again:$/
  })
  t.match(await run(['instances'], { env: { IEV_URL: url, API_KEY: 'kept' } }), { code: 0 })
  t.match(await run(['instances', 'token', 'a', '--keep-old-for', '2592001']), {
    code: 2,
    error: /is not a whole number from 0 to 2592000/
  })

  await run(['set', 'websocket', 'a', '--events', 'CALL,LABELS_EDIT'])
  await run(['set', 'websocket', 'sales', '--all'])
  await run(['set', 'sqs', 'sales', '--events', 'CALL'])
  await run(['set', 'sqs', 'sales', '--off'])
  const { out } = await run(['instances'])
  t.match(out.split('\n'), [
    /^INSTANCE {2}SQS {2}WEBSOCKET {9}CREATED$/,
    /^a {9}- {4}CALL,LABELS_EDIT {2}\d{4}-/,
    /^sales {5}off {2}\d\d events {9}\d{4}-/
  ])
  t.match(await run(['instances'], { env: { IEV_URL: url, API_KEY }, colours: true }), {
    out: styleText('bold', 'INSTANCE', { validateStream: false }).slice(0, -5)
  })

  t.match(await run(['instances', 'delete', 'a']), {
    code: 2,
    error: 'Delete the instance a? There is no terminal to ask on: confirm with --yes.'
  })
  t.match(await run(['instances', 'delete', 'a'], { answer: '' }), { code: 1, error: 'Nothing was changed.' })
  t.match(await run(['instances', 'delete', 'a'], { answer: 'Y' }), {
    code: 0,
    out: 'Deleted a.',
    asked: ['Delete the instance a? [y/N] ']
  })
  t.match(await run(['instances', 'delete', 'sales', '--yes', '--json']), { code: 0, out: /"status":"SUCCESS"/ })
  t.match(await run(['instances', 'delete', 'sales', '--yes']), { code: 1, error: /IEV_INSTANCE_NOT_FOUND/ })
})

t.test('set prints each selected event once, by its key', async (t) => {
  const { run, app } = await start(t)
  const { out } = await run(['set', 'sqs', 'sales', '--events', 'GROUP_UPDATE,CALL'])
  const [, url] = /^GROUPS_UPDATE {2}(.*)$/m.exec(out) ?? []
  t.match(out, /^GROUPS_UPDATE {2}http\S+\nCALL {2}http\S+$/)
  t.same(url, (await app.sqs.queues('sales')).find(({ event }) => event === 'GROUPS_UPDATE')?.url)
  t.match(await run(['set', 'sqs', 'sales']), { out: 'GROUPS_UPDATE\nCALL' })
})

t.test('set names the shared queues that receive the same events', async (t) => {
  const { options } = await startSqs(t)
  const { run } = await start(t, { sqs: { ...options, global: { events: ['CALL'] } } })
  t.match(await run(['set', 'sqs', 'sales', '--events', 'LABELS_EDIT,CALL']), {
    code: 0,
    error: 'Also sent to shared queues: global_call.fifo'
  })
  t.match(await run(['set', 'sqs', 'sales', '--events', 'LABELS_EDIT']), { code: 0, error: '' })
})

t.test('instances are listed page by page, and found regardless of accents', async (t) => {
  const { run, app } = await start(t)
  for (const name of ['vendas', 'São Paulo', 'a']) await app.eventLog.instances.create({ name, token: `of-${name}` })
  t.match(await run(['instances', '--limit', '2']), {
    code: 0,
    out: /^INSTANCE.*\na .*\nSão Paulo .*$/,
    error: 'For more, add --after "São Paulo"'
  })
  t.match(await run(['instances', '--after', 'São Paulo', '--json']), { out: /^\[\{[^}]*"name":"vendas"/, error: '' })
  t.match(await run(['instances', '--search', 'SAO', '--json']), { out: /^\[\{[^}]*"name":"São Paulo"/ })
  t.match(await run(['instances', '--search', 'x']), { code: 0, out: '', error: 'No instances found.' })
  t.match(await run(['instances', '--limit', '0']), { code: 2, error: /is not a whole number from 1 to 1000/ })
})

t.test('a selection is set, shown and switched off', async (t) => {
  const { run, app } = await start(t)
  t.match(await run(['set', 'sqs', 'nobody']), { code: 1, error: /IEV_INSTANCE_NOT_FOUND/ })
  t.match(await run(['set', 'sqs', 'sales', '--events', 'messages.upsert, CALL']), {
    code: 0,
    out: /^MESSAGES_UPSERT {2}http:\S+sales_messages_upsert\.fifo\nCALL {2}http:\S+sales_call\.fifo$/
  })
  t.match(await run(['set', 'sqs', 'sales']), { code: 0, out: 'MESSAGES_UPSERT\nCALL' })
  t.match(await run(['set', 'sqs', 'sales', '--json']), { out: /"events":\["MESSAGES_UPSERT","CALL"\]/ })
  t.match(await run(['set', 'websocket', 'sales']), { code: 0, out: '', error: 'No selection for sales yet.' })
  t.match(await run(['set', 'websocket', 'sales', '--json']), { code: 0, out: 'null' })
  t.match(await run(['set', 'websocket', 'sales', '--events', 'CALL,NEW_TOKEN', '--json']), {
    code: 0,
    out: /"events":\["CALL"\]/,
    error: /NEW_TOKEN is no longer an event of this server/
  })
  t.match(await run(['set', 'sqs', 'sales', '--off']), { code: 0, out: '', error: 'Off: no events are sent.' })
  t.match(app.sqs.find('sales'), { enabled: false, events: ['MESSAGES_UPSERT', 'CALL'] }, 'the list is kept')
  t.match(await run(['set', 'websocket', 'sales', '--all']), { code: 0, out: /\nCALL\n/ })
  t.match(await run(['set', 'sqs', 'sales', '--all']), { code: 0, out: /\nUNKNOWN  sales_unknown\.fifo$/ })
  t.same(app.websocket.find('sales')?.events, app.eventLog.catalogue.all)
  const filter = '{"key":{"fromMe":[false]}}'
  t.match(await run(['set', 'sqs', 'sales', '--events', 'CALL', '--filter', filter, '--omit', 'data.a, data.b']), {
    code: 0,
    error: `Filter: ${filter}\nLeft out: data.a, data.b`
  })
  t.match(app.sqs.find('sales'), { filter: { key: { fromMe: [false] } }, omit: ['data.a', 'data.b'] })
  t.match(
    await run(['set', 'sqs', 'sales']),
    { code: 0, out: 'CALL', error: `Filter: ${filter}\nLeft out: data.a, data.b` },
    'both are shown'
  )
  for (const [option, wrong, error] of [
    [
      '--filter',
      '{"key":{"fromMe":false}}',
      /sqs\.filter\.key\.fromMe must be a list of conditions.*IEV_FILTER_INVALID/s
    ],
    [
      '--filter',
      '{"MESSAGE_UPSERT":{"a":[1]}}',
      /"MESSAGE_UPSERT" is not a known event; the closest are MESSAGES_UPSERT/
    ],
    ['--omit', 'data.a,message.base64', /sqs\.omit\[1\] must be the path of a member of data.*IEV_FILTER_INVALID/s]
  ] as const)
    t.match(await run(['set', 'sqs', 'sales', '--all', option, wrong]), { code: 1, out: '', error })
  t.match(
    app.sqs.find('sales'),
    { events: ['CALL'], filter: { key: { fromMe: [false] } }, omit: ['data.a', 'data.b'] },
    'what is refused changes nothing'
  )
  t.match(await run(['set', 'sqs', 'sales', '--off', '--filter', 'none', '--omit', 'none']), { code: 0 })
  t.match(app.sqs.find('sales'), { filter: undefined, omit: undefined })
  for (const wrong of ['{', '1', 'null'])
    t.match(await run(['set', 'sqs', 'sales', '--all', '--filter', wrong]), {
      code: 2,
      error: /It must be a JSON object/
    })
  t.match(await run(['set', 'sqs', 'sales', '--omit', 'data.a']), {
    code: 2,
    error: /--filter and --omit need one of --events, --all and --off/
  })
})

t.test('the limits of an instance are shown with who has set them, replaced and reset', async (t) => {
  const { run } = await start(t, { eventLog: { instanceEventsPerSecond: 50 } })
  await run(['instances', 'create', 'sales'])
  const shown = async (...options: string[]) =>
    (await run(['instances', 'limits', 'sales', ...options])).out.split('\n').map((line) => line.split(/ {2,}/))
  t.strictSame(await shown('--bytes-per-second', '100', '--sockets', '0'), [
    ['LIMIT', 'VALUE', 'SET BY'],
    ['eventsPerSecond', '50', 'server'],
    ['bytesPerSecond', '100', 'sales'],
    ['sockets', 'unlimited', 'sales'],
    ['retainedBytes', 'unlimited', 'server']
  ])
  t.match(await run(['instances', 'limits', 'sales', '--json']), {
    code: 0,
    out: '{"eventsPerSecond":null,"bytesPerSecond":100,"sockets":0,"retainedBytes":null}'
  })
  t.strictSame((await shown('--events-per-second', '1000', '--retained-bytes', '5000')).slice(1), [
    ['eventsPerSecond', '1000', 'sales'],
    ['bytesPerSecond', 'unlimited', 'server'],
    ['sockets', '10000', 'server'],
    ['retainedBytes', '5000', 'sales']
  ])
  t.same(
    (await shown('--reset')).slice(1).map(([, , by]) => by),
    ['server', 'server', 'server', 'server']
  )
  t.match(await run(['instances', 'limits', 'nobody']), { code: 1, error: /\(IEV_INSTANCE_NOT_FOUND\)/ })
  t.match(await run(['instances', 'limits', 'sales', '--sockets', '-1']), { code: 2, error: /is not a whole number/ })

  const { run: runThere } = await start(t, { sqs: false, websocket: false })
  await runThere(['instances', 'create', 'sales'])
  t.match(await runThere(['instances', 'limits', 'sales']), { out: /^sockets {10}no sockets {2}server$/m })
})

t.test('`list` does what a command does alone', async (t) => {
  const { run } = await start(t)
  await run(['instances', 'create', 'sales'])
  const alone = await run(['instances', '--search', 'sal'])
  t.match(alone.out, /^sales /m)
  t.strictSame(await run(['instances', 'list', '--search', 'sal']), alone)
  t.strictSame(await run(['deadletters', 'list', '--json']), await run(['deadletters', '--json']))
  t.match(await run(['instances', 'list', 'all']), { code: 2, error: /^error: unknown command 'all'/ })
})
