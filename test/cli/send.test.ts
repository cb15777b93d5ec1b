import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { Interrupted } from '../../lib/cli/failure.ts'
import { acceptChannel, type AcceptTrace } from '../../lib/telemetry/channels.ts'
import { API_KEY, folder, listen } from '../support/build.ts'
import { cli, type CliWorld } from '../support/cli.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

/** A server, the number of events of each request, and `send` with the key of the server. */
async function start(t: Test, { bodyLimit = 10 * 1_048_576 } = {}) {
  const { app, url } = await listen(t, { bodyLimit, websocket: false })
  const requests: number[] = []
  const submitted = (trace: unknown) => void requests.push((trace as AcceptTrace).events.length)
  acceptChannel.start.subscribe(submitted)
  t.after(() => acceptChannel.start.unsubscribe(submitted))
  const run = (args: string[], world: CliWorld = {}) =>
    cli(['send', ...args], { env: { IEV_URL: url, API_KEY }, ...world })
  const log = async () => {
    const events: { event: string; data: unknown; id: string; [extra: string]: unknown }[] = []
    for (let after = 0, more = true; more;) {
      const reply = await app.inject({ url: `/events/sales?limit=1000&after=${after}`, headers: { apikey: API_KEY } })
      const page = reply.json<{ events: typeof events; after: number; more: boolean }>()
      events.push(...page.events)
      ;({ after, more } = page)
    }
    return events
  }
  return { app, url, run, log, requests }
}

t.test('an event is sent from an argument, a file or standard input', async (t) => {
  const { run, log } = await start(t)
  const here = folder(t)
  writeFileSync(join(here, 'event.json'), '{"text":"from a file"}')
  const sent = await run(['sales', 'call', '{"text":"Oi"}', '--id', 'one', '--extra', '{"isLatest":true}'])
  t.match(sent, { code: 0, out: '1  one', error: '' })
  t.match(await run(['sales', 'call', '{}', '--id', 'one']), { code: 0, out: '1  one  (duplicate)' })
  t.match(await run(['sales', 'call', '@event.json', '--json'], { folder: here }), {
    out: /^\{"id":"\S+","offset":\d+,"duplicate":false\}$/
  })
  t.match(await run(['sales', 'messages.upsert', '-'], { input: '{"text":"piped"}\n' }), { code: 0 })
  t.match(await run(['sales', 'call']), { code: 0 })
  t.match(await log(), [
    { event: 'call', data: { text: 'Oi' }, isLatest: true },
    { data: { text: 'from a file' } },
    { event: 'messages.upsert', data: { text: 'piped' } },
    { data: null }
  ])
})

t.test('data is sent as it is written, to the digit, and the server checks it', async (t) => {
  const { app, run } = await start(t)
  const written = '{"n":12345678901234567890,"f":[1.0, -0]}'
  t.match(await run(['sales', 'call', written, '--extra', '{"x":1.0}']), { code: 0 })
  const lines = `\ufeff{"event":"call","data":${written}}\r\n{}\n`
  t.match(await run(['sales', '--ndjson'], { input: lines.replace('\n{}', '') }), { code: 0 })
  t.match(await run(['sales', 'call', '-'], { input: `\ufeff${written}` }), { code: 0 })
  t.match(await run(['sales', '--ndjson'], { input: lines }), { code: 1, error: /Line 2: body\.event is required/ })
  const huge = /contains the number 1e999: most JSON parsers/
  t.match(await run(['sales', 'call', '1e999']), { code: 1, error: huge })
  t.match(await run(['sales', '--ndjson'], { input: '{"event":"call","data":1e999}' }), { code: 1, error: huge })
  const { body } = await app.inject({ url: '/events/sales', headers: { apikey: API_KEY } })
  t.equal(body.split(`"data":${written},`).length, 4)
  t.ok(body.includes('"x":1.0'))
})

t.test('input that is not UTF-8 is refused, and its line is named', async (t) => {
  const { run, log } = await start(t)
  const here = folder(t)
  const broken = Buffer.from('"\xff"', 'latin1')
  writeFileSync(join(here, 'broken.json'), broken)
  const refused = { code: 1, error: /^The data is not UTF-8$/ }
  t.match(await run(['sales', 'call', '@broken.json'], { folder: here }), refused)
  t.match(await run(['sales', 'call', '-'], { input: broken }), refused)
  const input = Buffer.concat([Buffer.from(`${lines(1)[0]}{"event":"call","data":`), broken, Buffer.from('}\n')])
  t.match(await run(['sales', '--ndjson'], { input }), {
    code: 1,
    error: /^Line 2 is not UTF-8\nAccepted before: 1 event\./
  })
  t.equal((await log()).length, 1)
})

t.test('an event that cannot be sent is an error with the reason', async (t) => {
  const { run, log } = await start(t)
  const wrong: [string[], number, RegExp][] = [
    [['sales'], 2, /^Name an event/],
    [['sales', 'call', 'Oi'], 2, /^The data is not JSON: /],
    [['sales', 'call', '1', '--extra', '{'], 2, /^--extra is not JSON: /],
    [['sales', 'call', '@missing.json'], 1, /^Cannot read the data: ENOENT/],
    [['sales', 'call', '--ndjson'], 2, /^With --ndjson, leave out the event/],
    [['sales', '--ndjson', '--id', 'x'], 2, /^With --ndjson/],
    [['sales', 'cal', '1'], 1, /"cal" is not a known event.*IEV_EVENT_UNKNOWN/],
    [['sales', 'call', '1', '--extra', '{"id":1}'], 1, /IEV_/]
  ]
  t.match(
    await Promise.all(wrong.map(([args]) => run(args))),
    wrong.map(([, code, error]) => ({ code, out: '', error }))
  )
  t.match(await run(['sales', '--ndjson'], { input: lines(1).join(''), env: { IEV_URL: 'http://127.0.0.1:1' } }), {
    code: 1,
    error: /^Cannot reach the server[^]+\nAccepted before: 0 events\. Later lines were not sent\.$/
  })
  t.same(await log().catch(() => []), [])
})

const lines = (count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => `${JSON.stringify({ event: 'call', data: from + n })}\n`)

t.test('lines are sent in order, a thousand per request, with progress', async (t) => {
  const { run, log, requests } = await start(t)
  const { code, out, error, statuses } = await run(['sales', '--ndjson'], { input: lines(2_500).join('') })
  t.same({ code, error }, { code: 0, error: '' })
  t.equal(out.split('\n').length, 2_500)
  t.match(out, /^1 {2}\S+\n2 {2}/)
  t.same(requests, [1_000, 1_000, 500])
  t.same(statuses.filter(Boolean), ['Sent 1,000 events', 'Sent 2,000 events', 'Sent 2,500 events'])
  t.same(
    (await log()).map(({ data }) => data),
    Array.from({ length: 2_500 }, (_, n) => n)
  )
})

t.test('slow lines are sent at once; empty lines are skipped, and the last line needs no line end', async (t) => {
  const { run, log } = await start(t)
  const input = new PassThrough()
  const printed: string[] = []
  const running = run(['sales', '--ndjson', '--json'], { input, out: (line) => printed.push(line) })
  input.write(lines(1)[0])
  await until(() => printed.length === 1)
  input.write('\n  \n{"event":"call",')
  input.end('"data":"é","id":"mine"}')
  t.match(await running, { code: 0, error: '' })
  t.match(printed, [/"duplicate":false/, /"id":"mine"/])
  t.match(await log(), [{ data: 0 }, { data: 'é', id: 'mine' }])
})

t.test('control characters of an id are printed as escapes', async (t) => {
  const { run } = await start(t)
  const id = 'a\u202eb'
  t.match(await run(['sales', 'call', '1', '--id', id]), { out: '1  a\\u202eb' })
  const { out } = await run(['sales', 'call', '1', '--id', id, '--json'])
  t.match(out, /^[ -~]+$/)
  t.equal(JSON.parse(out).id, id)
})

t.test('a byte order mark before the first line is skipped', async (t) => {
  const { run, log } = await start(t)
  t.match(await run(['sales', '--ndjson'], { input: `\ufeff${lines(2).join('')}` }), { code: 0, error: '' })
  t.match(await log(), [{ data: 0 }, { data: 1 }])
  t.match(await run(['sales', '--ndjson'], { input: `${lines(1)[0]}\ufeff${lines(1)[0]}` }), {
    code: 1,
    error: /^Line 2/
  })
})

t.test('an invalid line is named, and the lines before it are accepted', async (t) => {
  const { run, log } = await start(t)
  t.match(await run(['sales', '--ndjson'], { input: 'no\n' }), {
    code: 1,
    error:
      'Line 1 is not a JSON object such as {"event": "call", "data": {}}\nAccepted before: 0 events. Later lines were not sent.'
  })
  for (const wrong of ['{"event"', '[1]', 'null', '"call"']) {
    t.match(await run(['sales', '--ndjson'], { input: `${lines(2).join('')}\n${wrong}\n${lines(1)[0]}` }), {
      code: 1,
      out: /^\d+ {2}\S+\n\d+ {2}\S+$/,
      error: /^Line 4 is not a JSON object.*\nAccepted before: 2 events\. Later lines were not sent\.$/
    })
  }
  t.equal((await log()).length, 8)
  t.match(
    await run(['sales', '--ndjson'], { input: `\n${lines(1)[0]}{"data":1}\n{"event":"call","data":1,"ide":2}\n` }),
    {
      code: 1,
      out: '',
      error:
        /^The server refused lines 2 to 4:\nLine 3: body\.event is required\nLine 4: body\.ide is not a known field \(IEV_VALIDATION\)\nAccepted before: 0/
    }
  )
  t.match(await run(['sales', '--ndjson'], { input: '{"event":"x","data":1}\n' }), {
    code: 1,
    error: /IEV_EVENT_UNKNOWN/
  })
  t.equal((await log()).length, 8)
})

t.test('a request that is too large is split in halves, and a line that is too large alone is named', async (t) => {
  const { run, log, requests } = await start(t, { bodyLimit: 2_048 })
  t.match(await run(['sales', '--ndjson'], { input: lines(50).join('') }), { code: 0 })
  t.ok(requests.length > 1)
  t.same(
    (await log()).map(({ data }) => data),
    Array.from({ length: 50 }, (_, n) => n)
  )
  const input = `${lines(1)[0]}${JSON.stringify({ event: 'call', data: 'x'.repeat(3_000) })}\n`
  t.match(await run(['sales', '--ndjson'], { input }), {
    code: 1,
    error: /^The server refused line 2:\n.*IEV_BODY_TOO_LARGE\)\nAccepted before: 1 event\./
  })
  const large = await start(t)
  const event = JSON.stringify({ event: 'call', data: 'x'.repeat(1_048_576) })
  t.match(await large.run(['sales', '--ndjson'], { input: `${event}\n`.repeat(6) }), { code: 0 })
  t.same(large.requests, [4, 2], 'well below the limit of a request')
})

t.test('a request whose answer is lost is retried without duplicates', async (t) => {
  const { app, url, log } = await start(t)
  const proxy = await startTcpProxy(t, url)
  let answers = 0
  app.server.prependListener('request', (request, reply) => {
    if (request.method !== 'POST' || ++answers !== 2) return
    // Closes the connection after the events were accepted, before the answer.
    reply.writeHead = () => {
      proxy.drop(() => true)
      return reply
    }
  })
  const env = { IEV_URL: proxy.url, API_KEY }
  const { code, error } = await cli(['send', 'sales', '--ndjson'], { env, input: lines(1_500).join('') })
  t.equal(code, 0)
  t.match(error, /^Cannot reach the server at http:\S+: [^\n]+\n[^\n]+\nRetrying for 60 s\.$/, 'printed once')
  t.ok(answers > 2)
  t.same(
    (await log()).map(({ data }) => data),
    Array.from({ length: 1_500 }, (_, n) => n)
  )
})

/** A proxy that forwards requests, and calls `answer` instead of forwarding the first `times` answers. */
async function startForgetful(t: Test, url: string, answer: (reply: ServerResponse) => unknown, times = Infinity) {
  let passed = 0
  const proxy = createServer(async (request, reply) => {
    const { method, headers } = request
    const { apikey } = headers as { apikey: string }
    const body = await text(request)
    const answered = await fetch(url + request.url, {
      method: method as string,
      headers: { apikey, 'content-type': 'application/json' },
      body
    })
    const given = await answered.text()
    if (++passed <= times) answer(reply)
    else reply.writeHead(answered.status).end(given)
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  t.after(() => proxy.close())
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
}

const LOSSES: { [what: string]: (reply: ServerResponse) => unknown } = {
  'a broken connection': (reply) => reply.destroy(),
  'a 502 of a proxy': (reply) => reply.writeHead(502, { 'retry-after': '0' }).end('<html>'),
  'a 504 of a proxy': (reply) => reply.writeHead(504, { 'retry-after': '0' }).end('<html>')
}

for (const [what, answer] of Object.entries(LOSSES)) {
  t.test(`${what} instead of the first answer is retried without duplicates`, async (t) => {
    const { url, log } = await start(t)
    const env = { IEV_URL: await startForgetful(t, url, answer, 1), API_KEY }
    t.match(await cli(['send', 'sales', '--ndjson'], { env, input: lines(3).join('') }), {
      code: 0,
      error: /Retrying for 60 s\.$/
    })
    t.equal((await log()).length, 3)
  })

  t.test(`${what} instead of every answer: the message names the lines that may have been accepted`, async (t) => {
    const { url, log } = await start(t)
    const env = { IEV_URL: await startForgetful(t, url, answer), API_KEY }
    const args = ['send', 'sales', '--wait', '0']
    t.match(await cli([...args, '--ndjson'], { env, input: `\n${lines(2).join('')}` }), {
      code: 1,
      out: '',
      error:
        /\nNo answer came for lines 2 to 3, which may have been accepted\.\nAccepted before: 0 events\. Later lines were not sent\.$/
    })
    const { code, error } = await cli([...args, 'call', '1'], { env })
    const [, id] =
      /No answer came for the event, which may have been accepted\. Repeat the command with --id (\S+):/.exec(error) ??
      []
    t.match({ code, id }, { code: 1, id: (await log()).at(-1)?.id })
  })
}

t.test('after a lost answer and a refusal, the message names the lines that may have been accepted', async (t) => {
  const { app, url } = await start(t)
  const proxied = await startForgetful(
    t,
    url,
    (reply) => {
      app.eventLog.store.log.append = async () => {
        throw Object.assign(new Error('No more'), { statusCode: 400 })
      }
      reply.destroy()
    },
    1
  )
  const env = { IEV_URL: proxied, API_KEY }
  t.match(await cli(['send', 'sales', '--ndjson'], { env, input: lines(2).join('') }), {
    code: 1,
    error: /^The server refused lines 1 to 2:\n[^]+\nNo answer came for lines 1 to 2, which may/m
  })
})

t.test('Ctrl-C ends the wait for input', async (t) => {
  const { run } = await start(t)
  for (const args of [
    ['sales', '--ndjson'],
    ['sales', 'call', '-']
  ]) {
    const ending = new AbortController()
    const running = run(args, { input: new PassThrough(), signal: ending.signal })
    setImmediate(() => ending.abort(new Interrupted(130)))
    t.match(await running, { code: 130, out: '', error: '' }, args.join(' '))
  }
})
