import { once } from 'node:events'
import { createServer, get } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { peerAddress } from '../../lib/websocket/peer-address.ts'

/** A real request, as it comes in from 127.0.0.1 with these headers. */
async function request(t: Test, headers: Record<string, string | string[]> = {}): Promise<IncomingMessage> {
  const server = createServer((_request, reply) => reply.end())
  server.listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const came = once(server, 'request') as Promise<[IncomingMessage]>
  get({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, headers }, (reply) => reply.resume())
  return (await came)[0]
}

t.test('without a proxy the client’s address is that of the TCP peer', async (t) => {
  const direct = await request(t)
  t.strictSame(
    [[], ['10.0.0.0/8'], ['loopback']].map((trusted) => peerAddress(trusted)(direct)),
    ['127.0.0.1', '127.0.0.1', '127.0.0.1']
  )
})

t.test('the address that a trusted proxy forwards is used, through as many hops as are trusted', async (t) => {
  const cases: [string[], string, string][] = [
    [['loopback'], '203.0.113.7', '203.0.113.7'],
    [['127.0.0.1'], '2001:db8::1', '2001:db8::1'],
    [['127.0.0.0/8'], '203.0.113.7, 198.51.100.1', '198.51.100.1'],
    [['loopback', '198.51.100.0/24'], '203.0.113.7, 198.51.100.1', '203.0.113.7'],
    [['loopback', 'uniquelocal', 'linklocal'], '203.0.113.7, 169.254.0.9, 10.0.0.1', '203.0.113.7'],
    [['loopback'], 'forged, 203.0.113.7', '203.0.113.7']
  ]
  const found = cases.map(async ([trusted, forwarded]) =>
    peerAddress(trusted)(await request(t, { 'x-forwarded-for': forwarded }))
  )
  t.strictSame(
    await Promise.all(found),
    cases.map(([, , expected]) => expected)
  )
  t.equal(peerAddress(['loopback'])(await request(t, { 'x-forwarded-for': ['1.1.1.1', '2.2.2.2'] })), '2.2.2.2')
})

t.test('the forwarded address of an untrusted peer is ignored', async (t) => {
  const found = ['203.0.113.7', '10.0.0.1', 'anything', ''].map(async (forwarded) => {
    const proxied = await request(t, { 'x-forwarded-for': forwarded })
    return [peerAddress([])(proxied), peerAddress(['10.0.0.0/8', 'uniquelocal'])(proxied)]
  })
  t.strictSame((await Promise.all(found)).flat(), Array(8).fill('127.0.0.1'))
})

t.test('a request whose connection is gone has no address', async (t) => {
  const gone = await request(t)
  Object.defineProperty(gone, 'socket', { value: { remoteAddress: undefined } })
  t.equal(peerAddress([])(gone), '')
})

t.test('an entry of trustProxy that is no address is refused, with the accepted forms', (t) => {
  for (const entry of ['proxy.example', '10.0.0.0/40', '10.0.0.0/', '', 'Loopback', '*']) {
    t.throws(
      () => peerAddress([entry]),
      { code: 'IEV_OPTIONS_INVALID', message: /^trustProxy: .*; expected addresses, networks such as 10\.0\.0\.0\/8/ },
      entry
    )
  }
  t.end()
})
