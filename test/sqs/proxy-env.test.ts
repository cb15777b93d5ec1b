import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AgentOptions, globalAgent } from 'node:https'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { proxyEnv } from '../../lib/sqs/proxy-env.ts'
import { build } from '../support/build.ts'
import { UNREACHABLE_SQS } from '../support/sqs.ts'
import { until } from '../support/until.ts'

/** Sets what `NODE_USE_ENV_PROXY=1` gives to the agents of Node.js; reset after the test. */
function useProxy(t: Test, url: string): AgentOptions['proxyEnv'] {
  const { options } = globalAgent as { options: AgentOptions }
  const before = options.proxyEnv
  t.after(() => void (options.proxyEnv = before))
  return (options.proxyEnv = { HTTP_PROXY: url, HTTPS_PROXY: url })
}

t.test('endpoints on this machine are reached without the proxy of the environment', async (t) => {
  const used = useProxy(t, 'http://127.0.0.1:1')
  t.strictSame([proxyEnv(), proxyEnv('https://sqs.test')], [{ proxyEnv: used }, { proxyEnv: used }])
  const own = ['http://localhost', 'http://127.0.0.1:4566/sqs', 'https://[::1]:4566']
  t.strictSame(own.map(proxyEnv), [{}, {}, {}])
})

const skip = !process.allowedNodeEnvironmentFlags.has('--use-env-proxy') && 'this Node knows no proxies'

t.test('events are sent through the proxy of the environment', { skip }, async (t) => {
  const asked: (string | undefined)[] = []
  const proxy = createServer(({ url }, response) => {
    asked.push(url)
    response.writeHead(403).end()
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  t.after(() => proxy.close())
  useProxy(t, `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`)
  const app = await build(t, { sqs: { ...UNREACHABLE_SQS, endpoint: 'http://sqs.test' } })
  // A busy machine may need more than one call.
  await until(async () => {
    await app.sqs.status()
    return asked.length > 0
  })
  t.equal(asked[0], 'http://sqs.test/')
})
