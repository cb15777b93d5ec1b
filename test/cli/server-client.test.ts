import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Interrupted } from '../../lib/cli/failure.ts'
import { ServerClient } from '../../lib/cli/server-client.ts'
import { API_KEY, folder, listen } from '../support/build.ts'
import { type Answer, startOther } from '../support/answering.ts'
import { cli } from '../support/cli.ts'

t.test('the server and the key come from options, the environment, or the file that npm start made', async (t) => {
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
  t.match(await cli(list, { env: { IEV_URL: url, API_KEY: '' }, folder: here }), well, 'an empty variable is none')
  t.match(await cli([...list, '--key', 'another-one'], { env: { IEV_URL: url } }), {
    code: 1,
    out: '',
    error: /\(IEV_UNAUTHORIZED\)\nGive the key that opens this: API_KEY=<key>/
  })
  t.match(await cli(list, { env: { IEV_URL: url } }), { code: 1, error: /IEV_UNAUTHORIZED/ }, 'without any')
  writeFileSync(join(here, 'data/api-key'), '\n')
  t.match(await cli(list, { env: { IEV_URL: url }, folder: here }), { code: 1, error: /IEV_UNAUTHORIZED/ })
  t.match(await cli(list, { env: { IEV_URL: url }, folder: join(here, 'data/api-key') }), {
    code: 1,
    error: /^The key cannot be read: ENOTDIR/
  })
})

t.test('a server behind a prefix is reached by its URL with the prefix', async (t) => {
  const { url } = await listen(t, { prefix: '/hub' })
  const env = { API_KEY }
  for (const prefixed of [`${url}/hub`, `${url}/hub/`])
    t.match(await cli(['instances', 'create', 'a b/c', '--url', prefixed], { env }), {
      code: prefixed.endsWith('/') ? 1 : 0
    })
  t.match(await cli(['instances', 'delete', 'a b/c', '--yes', '--url', `${url}/hub`], { env }), { code: 0 })
  t.match(await cli(['instances', '--url', url], { env }), { code: 1, error: /answered 404, not as a server of/ })
})

t.test('what is no URL or no key is said before anything is asked', async (t) => {
  for (const url of ['nonsense', 'ftp://127.0.0.1/', 'localhost:8080'])
    t.match(await cli(['instances', '--url', url]), { code: 2, error: `"${url}" is no URL of a server` })
  t.match(await cli(['instances', '--key', 'two words']), { code: 2, error: /^The key has characters/ })
})

t.test('a server that is not there is told of, with what to do', async (t) => {
  const error = /^The server at http:\/\/127\.0\.0\.1:1 cannot be reached: .+\nIs it running\?/
  t.match(await cli(['instances', '--url', 'http://127.0.0.1:1']), { code: 1, out: '', error })
})

t.test('what is no server of ours is not believed, and gets no second chance at the key', async (t) => {
  const elsewhere = await startOther(t, { status: 200, body: '[]' })
  for (const [answer, error] of [
    [{ status: 200, body: '<html>' }, /answered 200, not as a server of/],
    [{ status: 500, body: '{"error":"x"}' }, /answered 500, not as/],
    [{ status: 302, headers: { location: elsewhere.url } }, new RegExp(`answered 302 \\(go to ${elsewhere.url}\\)`)]
  ] as [Answer, RegExp][]) {
    const { url } = await startOther(t, answer)
    t.match(await cli(['instances', '--url', url, '--key', API_KEY]), { code: 1, out: '', error })
  }
  t.same(elsewhere.keys, [], 'a redirection is not followed')
})

t.test('every fault of a refused request has its line', async (t) => {
  const { url } = await listen(t)
  const run = await cli(['set', 'sqs', 'sales', '--events', 'CALLL,LABELS'], { env: { IEV_URL: url, API_KEY } })
  t.match(run, { code: 1, error: /^sqs\.events\[0\] "CALLL".*\nsqs\.events\[1\] "LABELS".* \(IEV_EVENT_UNKNOWN\)$/ })
})

const refusal = JSON.stringify({ status: 503, code: 'IEV_BACKPRESSURE', response: { message: ['Not accepted'] } })
const busy = (headers: Record<string, string>) => ({ status: 503, headers, body: refusal })
const taken = { status: 202, body: '{"id":"1","offset":7,"duplicate":false}' }

t.test('what may pass is tried again when the server says, for as long as is wanted', async (t) => {
  const { url } = await startOther(t, busy({ 'retry-after': '0' }), busy({ 'retry-after': '0' }), taken)
  const run = await cli(['send', 'sales', 'call', '1', '--url', url])
  t.match(run, { code: 0, out: '7  1', error: 'Not accepted (IEV_BACKPRESSURE)\nIt is tried again, for 60 s.' })

  const always = await startOther(t, busy({}))
  t.match(await cli(['send', 'sales', 'call', '1', '--wait', '0', '--url', always.url]), {
    code: 1,
    error: 'Not accepted (IEV_BACKPRESSURE)'
  })
  t.equal(always.keys.length, 1)
})

t.test('Ctrl-C ends the waiting for a server', async (t) => {
  const { url } = await startOther(t, busy({ 'retry-after': '1000' }))
  const ending = new AbortController()
  const error = () => ending.abort(new Interrupted(130))
  t.match(await cli(['send', 'sales', 'call', '1', '--wait', '5000', '--url', url], { signal: ending.signal, error }), {
    code: 130
  })
  t.match(await cli(['instances', '--url', url], { signal: ending.signal }), { code: 130, error: '' })
})

t.test('a server that does not answer is not waited for', async (t) => {
  const { url } = await startOther(t, 'never')
  const client = new ServerClient({ url: new URL(url), key: undefined }, new AbortController().signal, 1)
  await t.rejects(client.request({ path: ['server'], waitMs: 0 }), { message: /cannot be reached: .*timeout/ })
  const busyOnce = await startOther(t, busy({ 'retry-after': '0' }), taken)
  const patient = new ServerClient({ url: new URL(busyOnce.url), key: undefined }, new AbortController().signal)
  t.match(await patient.request({ path: ['server'], waitMs: 60_000 }), { offset: 7 }, 'nobody need be told')
})
