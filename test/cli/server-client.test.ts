import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Interrupted } from '../../lib/cli/failure.ts'
import { ServerClient } from '../../lib/cli/server-client.ts'
import { API_KEY, folder, listen } from '../support/build.ts'
import { type Answer, startOther } from '../support/answering.ts'
import { cli } from '../support/cli.ts'

t.test('the server and the key come from options, the environment, or data/api-key', async (t) => {
  const { url } = await listen(t)
  const here = folder(t)
  mkdirSync(join(here, 'data'))
  writeFileSync(join(here, 'data/api-key'), `${API_KEY}\n`)
  const well = { code: 0, out: '[]', error: '' }
  const list = ['instances', '--json']
  t.match(
    await cli([...list, '--url', url, '--key', API_KEY], { env: { IEV_URL: 'http://127.0.0.1:1', API_KEY: 'x' } }),
    well
  )
  t.match(await cli(list, { env: { IEV_URL: url, API_KEY }, folder: here }), well)
  t.match(
    await cli(list, { env: { IEV_URL: url, API_KEY: '' }, folder: here }),
    well,
    'an empty variable counts as absent'
  )
  t.match(await cli([...list, '--key', 'another-one'], { env: { IEV_URL: url } }), {
    code: 1,
    out: '',
    error: /\(IEV_UNAUTHORIZED\)\nSet the right key: API_KEY=<key>/
  })
  t.match(await cli(list, { env: { IEV_URL: url } }), { code: 1, error: /IEV_UNAUTHORIZED/ }, 'without a key')
  writeFileSync(join(here, 'data/api-key'), '\n')
  t.match(await cli(list, { env: { IEV_URL: url }, folder: here }), { code: 1, error: /IEV_UNAUTHORIZED/ })
  t.match(await cli(list, { env: { IEV_URL: url }, folder: join(here, 'data/api-key') }), {
    code: 1,
    error: /^Cannot read the key: ENOTDIR/
  })
})

t.test('a server with a prefix is reached by its URL with the prefix', async (t) => {
  const { url } = await listen(t, { prefix: '/hub' })
  const env = { API_KEY }
  for (const prefixed of [`${url}/hub`, `${url}/hub/`])
    t.match(await cli(['instances', 'create', 'a b/c', '--url', prefixed], { env }), {
      code: prefixed.endsWith('/') ? 1 : 0
    })
  t.match(await cli(['instances', 'delete', 'a b/c', '--yes', '--url', `${url}/hub`], { env }), { code: 0 })
  t.match(await cli(['instances', '--url', url], { env }), {
    code: 1,
    error: /is not a fastify-instance-events server: it answered 404/
  })
})

t.test('an invalid URL or key is an error before any request', async (t) => {
  for (const url of ['nonsense', 'ftp://127.0.0.1/', 'localhost:8080'])
    t.match(await cli(['instances', '--url', url]), { code: 2, error: `"${url}" is not the URL of a server` })
  t.match(await cli(['instances', '--url', 'ftp://me:secret@127.0.0.1/']), {
    code: 2,
    error: '"ftp://***@127.0.0.1/" is not the URL of a server'
  })
  for (const user of ['me:secret', 'me', ':secret'])
    t.strictSame(
      await cli(['instances', '--url', `http://${user}@127.0.0.1/`]).then(({ code, error }) => ({ code, error })),
      { code: 2, error: 'The URL of the server must not contain a user or a password: use --key' }
    )
  t.match(await cli(['instances', '--key', 'two words']), { code: 2, error: /^The key is invalid/ })
})

t.test('an unreachable server is an error with a remedy', async (t) => {
  const error = /^Cannot reach the server at http:\/\/127\.0\.0\.1:1: .+\nStart it with/
  t.match(await cli(['instances', '--url', 'http://127.0.0.1:1']), { code: 1, out: '', error })
})

t.test('answers of another server are errors, and redirects are not followed', async (t) => {
  const elsewhere = await startOther(t, { status: 200, body: '[]' })
  for (const [answer, error] of [
    [{ status: 200, body: '<html>' }, /it answered 200\. /],
    [{ status: 500, body: '{"error":"x"}' }, /it answered 500\. /],
    [{ status: 302, headers: { location: elsewhere.url } }, new RegExp(`answered 302 \\(${elsewhere.url}\\)`)]
  ] as [Answer, RegExp][]) {
    const { url } = await startOther(t, answer)
    t.match(await cli(['instances', '--url', url, '--key', API_KEY]), { code: 1, out: '', error })
  }
  t.same(elsewhere.keys, [], 'redirects are not followed')
})

t.test('each fault of a refused request has its own line', async (t) => {
  const { url } = await listen(t)
  const run = await cli(['set', 'sqs', 'sales', '--events', 'CALLL,LABELS'], { env: { IEV_URL: url, API_KEY } })
  t.match(run, { code: 1, error: /^sqs\.events\[0\] "CALLL".*\nsqs\.events\[1\] "LABELS".* \(IEV_EVENT_UNKNOWN\)$/ })
})

const refusal = JSON.stringify({ status: 503, code: 'IEV_BACKPRESSURE', response: { message: ['Not accepted'] } })
const busy = (headers: Record<string, string>) => ({ status: 503, headers, body: refusal })
const taken = { status: 202, body: '{"id":"1","offset":7,"duplicate":false}' }

t.test(
  'a temporary refusal is retried after the time that the server states, for at most the time of --wait',
  async (t) => {
    const { url } = await startOther(t, busy({ 'retry-after': '0' }), busy({ 'retry-after': '0' }), taken)
    const run = await cli(['send', 'sales', 'call', '1', '--url', url])
    t.match(run, { code: 0, out: '7  1', error: 'Not accepted (IEV_BACKPRESSURE)\nRetrying for 60 s.' })

    const always = await startOther(t, busy({}))
    t.match(await cli(['send', 'sales', 'call', '1', '--wait', '0', '--url', always.url]), {
      code: 1,
      error: 'Not accepted (IEV_BACKPRESSURE)'
    })
    t.equal(always.keys.length, 1)
  }
)

t.test('Ctrl-C ends the wait for a retry', async (t) => {
  const { url } = await startOther(t, busy({ 'retry-after': '1000' }))
  const ending = new AbortController()
  const error = () => ending.abort(new Interrupted(130))
  t.match(await cli(['send', 'sales', 'call', '1', '--wait', '5000', '--url', url], { signal: ending.signal, error }), {
    code: 130
  })
  t.match(await cli(['instances', '--url', url], { signal: ending.signal }), { code: 130, error: '' })
})

t.test('a request without an answer times out', async (t) => {
  const { url } = await startOther(t, 'never')
  const client = new ServerClient({ url: new URL(url), key: undefined }, new AbortController().signal, 1)
  await t.rejects(client.request({ path: ['server'], waitMs: 0 }), { message: /Cannot reach the server .*timeout/ })
  const busyOnce = await startOther(t, busy({ 'retry-after': '0' }), taken)
  const patient = new ServerClient({ url: new URL(busyOnce.url), key: undefined }, new AbortController().signal)
  t.match(await patient.request({ path: ['server'], waitMs: 60_000 }), { offset: 7 }, 'a retry needs no listener')
})
