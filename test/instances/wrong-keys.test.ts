import t from 'tap'
import { WrongKeys } from '../../lib/instances/wrong-keys.ts'

/** Counts on a clock that stands until it is moved. */
function start(perMinute = 3) {
  const clock = { now: 1_000_000 }
  const wrongKeys = new WrongKeys({ perMinute, now: () => clock.now })
  const guess = (address: string, count = perMinute) => {
    for (let n = 0; n < count; n++) wrongKeys.count(address, `guess ${n}`)
  }
  return { clock, wrongKeys, guess }
}

t.test('an address with too many different wrong keys is blocked for the rest of a minute', (t) => {
  const { clock, wrongKeys, guess } = start()
  t.equal(wrongKeys.blockedMs('10.0.0.1'), 0)
  wrongKeys.count('10.0.0.1', 'a')
  clock.now += 20_000
  wrongKeys.count('10.0.0.1', 'b')
  t.equal(wrongKeys.blockedMs('10.0.0.1'), 0)
  wrongKeys.count('10.0.0.1', 'c')
  t.equal(wrongKeys.blockedMs('10.0.0.1'), 40_000)
  t.equal(wrongKeys.blockedMs('10.0.0.2'), 0, 'its neighbour is not')
  clock.now += 39_999
  t.equal(wrongKeys.blockedMs('10.0.0.1'), 1)
  clock.now += 1
  t.equal(wrongKeys.blockedMs('10.0.0.1'), 0)
  guess('10.0.0.1', 2)
  t.equal(wrongKeys.blockedMs('10.0.0.1'), 0, 'the next minute counts from none')
  guess('10.0.0.1')
  t.equal(wrongKeys.blockedMs('10.0.0.1'), 60_000)
  t.end()
})

t.test('the same wrong key counts once', (t) => {
  const { wrongKeys } = start(2)
  for (let n = 0; n < 1_000; n++) wrongKeys.count('10.0.0.1', 'forgotten in a script')
  t.equal(wrongKeys.blockedMs('10.0.0.1'), 0)
  wrongKeys.count('10.0.0.1', 'another')
  t.ok(wrongKeys.blockedMs('10.0.0.1') > 0)
  t.end()
})

t.test('wrong keys are counted by the monotonic clock by default', (t) => {
  const wrongKeys = new WrongKeys({ perMinute: 1 })
  wrongKeys.count('10.0.0.1', 'a')
  const left = wrongKeys.blockedMs('10.0.0.1')
  t.ok(left > 50_000 && left <= 60_000)
  t.end()
})

t.test('the addresses of one IPv6 /64 count together, in any notation', (t) => {
  const same: string[][] = [
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff', '2001:0DB8:0001:0002::', '2001:db8:1:2:0:0:10.0.0.1'],
    ['2001:db8::1', '2001:db8:0:0:1::', '2001:db8:0::ffff', '2001:db8::10.0.0.1'],
    ['::1', '::', '0:0:0:0:1:2:3:4', '::5:6'],
    ['fe80::1%eth0', 'fe80::1%eth0.1', 'fe80::2', 'fe80:0:0:0:1::'],
    ['1::', '1:0:0:0::8'],
    // The four decimal numbers are two groups: four groups are written before them, two are left out.
    ['::d05:f:b:3:149.163.184.90', '0:0:d05:f::1']
  ]
  const others = ['2001:db8:1:3::1', '10.0.0.1']
  const blocked = same.map(([first = '']) => {
    const { wrongKeys, guess } = start()
    guess(first)
    return [...same.flat(), ...others].filter((address) => wrongKeys.blockedMs(address) > 0)
  })
  t.strictSame(blocked, same)
  t.end()
})

t.test('an IPv4 address that is written as an IPv6 one counts as the IPv4 address', (t) => {
  const { wrongKeys, guess } = start()
  guess('::ffff:10.0.0.1')
  const addresses = ['10.0.0.1', '::FFFF:10.0.0.1', '::ffff:a00:1', '::ffff:10.0.0.2']
  t.strictSame(
    addresses.map((address) => wrongKeys.blockedMs(address) > 0),
    [true, true, true, false]
  )
  t.end()
})

t.test('a text that is no address counts by itself', (t) => {
  const { wrongKeys, guess } = start()
  guess('')
  guess('unix socket')
  t.ok(wrongKeys.blockedMs('') > 0 && wrongKeys.blockedMs('unix socket') > 0)
  t.equal(wrongKeys.blockedMs('unix socket 2'), 0)
  t.end()
})

t.test('a limited number of addresses is remembered, and the oldest is forgotten first', (t) => {
  const { wrongKeys, guess } = start(1)
  const address = (n: number) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`
  for (let n = 0; n < 10_000; n++) guess(address(n))
  t.ok(wrongKeys.blockedMs(address(0)) > 0)
  wrongKeys.count(address(0), 'another')
  t.ok(wrongKeys.blockedMs(address(0)) > 0, 'a known address does not remove another')
  guess(address(10_000))
  t.equal(wrongKeys.blockedMs(address(0)), 0)
  t.ok([1, 9_999, 10_000].every((n) => wrongKeys.blockedMs(address(n)) > 0))
  t.end()
})

t.test('the owner is told once of an address that is blocked, and for how long', async (t) => {
  const clock = { now: 0 }
  const told: unknown[] = []
  const wrongKeys = new WrongKeys({ perMinute: 2, now: () => clock.now, blocked: (...block) => told.push(block) })
  wrongKeys.count('2001:db8::1', 'a')
  clock.now += 15_000
  for (const key of ['a', 'b', 'c', 'd']) wrongKeys.count('2001:db8::2', key)
  t.strictSame(told, [['2001:db8::2', 45_000]])
  clock.now += 45_000
  for (const key of ['a', 'b']) wrongKeys.count('2001:db8::1', key)
  t.strictSame(told[1], ['2001:db8::1', 60_000], 'and again in the next minute')
})

t.test('a port that a proxy writes behind an address is not told, since other nodes take addresses only', async (t) => {
  const told: unknown[] = []
  const wrongKeys = new WrongKeys({ perMinute: 1, now: () => 0, blocked: (address) => told.push(address) })
  for (const address of ['10.0.0.1:40000', '[2001:db8::1]:40000', '[2001:db8:0:1::1]', 'unknown'])
    wrongKeys.count(address, 'a')
  t.strictSame(told, ['10.0.0.1', '2001:db8::1', '2001:db8:0:1::1', 'unknown'])
})

t.test('an address that another node has blocked is blocked for as long as there', async (t) => {
  const clock = { now: 0 }
  const told: unknown[] = []
  const wrongKeys = new WrongKeys({ perMinute: 2, now: () => clock.now, blocked: (...block) => told.push(block) })
  wrongKeys.count('10.0.0.1', 'a')
  wrongKeys.block('10.0.0.1', 30_000)
  wrongKeys.block('10.0.0.1', 60_000)
  wrongKeys.count('10.0.0.1', 'b')
  t.equal(wrongKeys.blockedMs('10.0.0.1'), 30_000)
  t.strictSame(told, [], 'other nodes know of it')
  wrongKeys.block('10.0.0.2', 1e9)
  t.equal(wrongKeys.blockedMs('10.0.0.2'), 60_000)
  for (const forMs of [NaN, -1, 0]) wrongKeys.block('10.0.0.3', forMs)
  wrongKeys.block('nonsense', 60_000)
  t.strictSame([wrongKeys.blockedMs('10.0.0.3'), wrongKeys.blockedMs('nonsense')], [0, 0])
  clock.now += 30_000
  t.equal(wrongKeys.blockedMs('10.0.0.1'), 0)
})
