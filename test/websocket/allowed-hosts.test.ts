import t from 'tap'
import { AllowedHosts } from '../../lib/websocket/allowed-hosts.ts'

t.test('no address is allowed by default', async (t) => {
  const hosts = new AllowedHosts([])
  for (const peer of ['127.0.0.1', '::1', '::ffff:127.0.0.1', undefined]) t.equal(hosts.includes(peer, {}), false)
})

t.test('an allowed address is recognised in IPv4 form and in IPv6 form', async (t) => {
  const hosts = new AllowedHosts(['127.0.0.1', '2001:db8::1'])
  for (const peer of ['127.0.0.1', '::ffff:127.0.0.1', '2001:db8::1', '2001:0db8:0:0:0:0:0:1']) {
    t.equal(hosts.includes(peer, {}), true, peer)
  }
  for (const peer of ['127.0.0.2', '::ffff:127.0.0.2', '::1', '2001:db8::2', '', 'localhost', '127.0.0.1.example']) {
    t.equal(hosts.includes(peer, {}), false, peer)
  }
})

t.test('an allowed network includes all of its addresses', async (t) => {
  const hosts = new AllowedHosts(['10.0.0.0/8', '192.168.1.7/32', '2001:db8::/32'])
  const inside = ['10.0.0.1', '10.255.255.255', '::ffff:10.1.2.3', '192.168.1.7', '2001:db8:ffff::1']
  for (const peer of inside) t.equal(hosts.includes(peer, {}), true, peer)
  for (const peer of ['11.0.0.1', '9.255.255.255', '192.168.1.8', '2001:db9::1']) {
    t.equal(hosts.includes(peer, {}), false, peer)
  }
  t.equal(new AllowedHosts(['0.0.0.0/0']).includes('203.0.113.9', {}), true)
})

t.test('a connection through a proxy needs a key', async (t) => {
  const hosts = new AllowedHosts(['127.0.0.1'])
  t.equal(hosts.includes('127.0.0.1', { host: 'localhost', 'user-agent': 'x' }), true)
  const told = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip']
  for (const header of [...told, 'x-client-ip', 'true-client-ip', 'cf-connecting-ip']) {
    t.equal(hosts.includes('127.0.0.1', { [header]: '127.0.0.1' }), false, header)
    t.equal(hosts.includes('127.0.0.1', { [header]: '' }), false, `${header}, empty`)
  }
})

t.test('a web page needs a key, unless its origin is listed', async (t) => {
  const hosts = new AllowedHosts(['127.0.0.1'], ['https://a.example'])
  t.equal(hosts.includes('127.0.0.1', { origin: 'https://a.example', 'accept-language': 'pt' }), true)
  for (const origin of ['https://evil.example', 'https://a.example.evil.example', 'http://a.example', 'null', '']) {
    t.equal(hosts.includes('127.0.0.1', { origin }), false, origin)
    t.equal(new AllowedHosts(['127.0.0.1']).includes('127.0.0.1', { origin }), false, 'none is')
  }
  // Of the page's own host, as it thinks: browsers leave the origin out.
  for (const header of ['referer', 'accept-language', 'sec-fetch-site', 'sec-fetch-mode']) {
    t.equal(hosts.includes('127.0.0.1', { [header]: 'x' }), false, header)
  }
})

t.test('an entry that is no address and no network is refused, and the error names it', async (t) => {
  const wrong = ['localhost', '', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/x', '10.0.0.0/', '::/129', '10.0.0.0/8/8']
  for (const entry of [...wrong, '10.0.0', '*', '10.0.0.0/1.5']) {
    t.throws(
      () => new AllowedHosts(['127.0.0.1', entry]),
      { code: 'IEV_OPTIONS_INVALID', message: `allowedHosts: "${entry}" is no IP address or network` },
      entry
    )
  }
})
