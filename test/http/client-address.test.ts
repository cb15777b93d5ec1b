import t from 'tap'
import { addressBlock, isPrivateAddress } from '../../lib/http/client-address.ts'

t.test('a link-local address counts by its network, in whatever zone Node.js finds it', async (t) => {
  const zones = ['', '%eth0', '%eth0.1', '%br-lan']
  t.same(
    zones.map((zone) => [addressBlock(`fe80::1${zone}`), isPrivateAddress(`fe80::1${zone}`)]),
    zones.map(() => ['fe80:0:0:0', true])
  )
  t.same(['', 'unknown', '203.0.113.7', '2001:db8::1'].map(isPrivateAddress), [false, false, false, false])
})

t.test('a port that a proxy writes behind an address makes no other client', async (t) => {
  const addresses = [
    '203.0.113.7',
    '203.0.113.7:40000',
    '[2001:db8:0:1::1]',
    '[2001:db8:0:1::2]:40000',
    '2001:db8:0:1::3'
  ]
  t.same(addresses.map(addressBlock), ['203.0.113.7', '203.0.113.7', '2001:db8:0:1', '2001:db8:0:1', '2001:db8:0:1'])
  t.same(['10.0.0.1:9', '[fe80::1]:9', '203.0.113.7:9'].map(isPrivateAddress), [true, true, false])
})
