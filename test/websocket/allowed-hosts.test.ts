import t from 'tap'
import { AllowedHosts } from '../../lib/websocket/allowed-hosts.ts'

t.test('no address is allowed by default', async (t) => {
  const hosts = new AllowedHosts([])
  const peers = ['127.0.0.1', '::1', '::ffff:127.0.0.1', undefined]
  t.strictSame(
    peers.filter((peer) => hosts.includes(peer, {})),
    []
  )
})

t.test('an allowed address is recognised in IPv4 form and in IPv6 form', async (t) => {
  const hosts = new AllowedHosts(['127.0.0.1', '2001:db8::1'])
  const allowed = ['127.0.0.1', '::ffff:127.0.0.1', '2001:db8::1', '2001:0db8:0:0:0:0:0:1']
  const others = ['127.0.0.2', '::ffff:127.0.0.2', '::1', '2001:db8::2', '', 'localhost', '127.0.0.1.example']
  t.strictSame(
    [...allowed, ...others].filter((peer) => hosts.includes(peer, {})),
    allowed
  )
})

t.test('an allowed network includes all of its addresses', async (t) => {
  const hosts = new AllowedHosts(['10.0.0.0/8', '192.168.1.7/32', '2001:db8::/32'])
  const inside = ['10.0.0.1', '10.255.255.255', '::ffff:10.1.2.3', '192.168.1.7', '2001:db8:ffff::1']
  const outside = ['11.0.0.1', '9.255.255.255', '192.168.1.8', '2001:db9::1']
  t.strictSame(
    [...inside, ...outside].filter((peer) => hosts.includes(peer, {})),
    inside
  )
  t.equal(new AllowedHosts(['0.0.0.0/0']).includes('203.0.113.9', {}), true)
})

t.test('a connection through a proxy needs a key', async (t) => {
  const hosts = new AllowedHosts(['127.0.0.1'])
  t.equal(hosts.includes('127.0.0.1', { host: 'localhost', 'user-agent': 'x' }), true)
  const usual = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip']
  const headers = [...usual, 'x-client-ip', 'true-client-ip', 'cf-connecting-ip'].flatMap((name) => [
    { [name]: '127.0.0.1' },
    { [name]: '' }
  ])
  t.strictSame(
    headers.filter((proxied) => hosts.includes('127.0.0.1', proxied)),
    []
  )
})

t.test('a web page needs a key, unless its origin is listed', async (t) => {
  const hosts = new AllowedHosts(['127.0.0.1'], ['https://a.example'])
  t.equal(hosts.includes('127.0.0.1', { origin: 'https://a.example', 'accept-language': 'pt' }), true)
  const origins = ['https://evil.example', 'https://a.example.evil.example', 'http://a.example', 'null', '']
  // Browsers send no origin with a request to the page's own host.
  const ofBrowsers = ['referer', 'accept-language', 'sec-fetch-site', 'sec-fetch-mode'].map((name) => ({ [name]: 'x' }))
  const headers = [...origins.map((origin) => ({ origin })), ...ofBrowsers]
  for (const some of [hosts, new AllowedHosts(['127.0.0.1'])])
    t.strictSame(
      headers.filter((sent) => some.includes('127.0.0.1', sent)),
      []
    )
})

t.test('an entry that is no address and no network is refused, and the error names it', async (t) => {
  const wrong = ['localhost', '', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/x', '10.0.0.0/', '::/129', '10.0.0.0/8/8']
  const entries = [...wrong, '10.0.0', '*', '10.0.0.0/1.5']
  const errors = entries.map((entry) => {
    try {
      return new AllowedHosts(['127.0.0.1', entry])
    } catch (error) {
      return error
    }
  })
  t.match(
    errors,
    entries.map((entry) => ({
      code: 'IEV_OPTIONS_INVALID',
      message: `allowedHosts: "${entry}" is not an IP address or network`
    }))
  )
})
