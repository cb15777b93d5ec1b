import t from 'tap'
import { type Rejected, Rejections } from '../../lib/operation/rejections.ts'

const START = Date.parse('2026-01-31T12:00:00Z')
const REJECTED: Rejected = {
  code: 'IEV_UNAUTHORIZED',
  message: 'The key does not authorize this request',
  route: 'POST /webhook/evolution',
  address: '203.0.113.7',
  instance: null,
  authorized: false
}

function withClock() {
  const clock = { seconds: 0 }
  const rejections = new Rejections(() => new Date(START + clock.seconds * 1_000))
  const add = (changes: Partial<Rejected> = {}, times = 1) => {
    for (let n = 0; n < times; n++) rejections.add({ ...REJECTED, ...changes })
  }
  return { clock, rejections, add, listed: () => rejections.list().map(({ address, count }) => [address, count]) }
}

/** Many different public addresses. */
const anywhere = (n: number) => `198.51.${n >> 8}.${n & 255}`

t.test('rejections of one code, route, instance and client are counted together, the last first', async (t) => {
  const { clock, rejections, add } = withClock()
  add()
  clock.seconds = 90
  add({ message: 'A key is required' })
  clock.seconds = 91
  add({ code: 'IEV_EVENT_UNKNOWN', authorized: true })
  clock.seconds = 92
  add({ instance: 'sales' })
  const { authorized, ...shown } = REJECTED
  const at = (seconds: number) => new Date(START + seconds * 1_000)
  t.strictSame(rejections.list(), [
    { ...shown, instance: 'sales', count: 1, firstAt: at(92), lastAt: at(92) },
    { ...shown, code: 'IEV_EVENT_UNKNOWN', count: 1, firstAt: at(91), lastAt: at(91) },
    { ...shown, message: 'A key is required', count: 2, firstAt: at(0), lastAt: at(90) }
  ])
  t.same([rejections.total, rejections.forgotten], [4, 0])
})

t.test('an IPv6 network of 64 bits is one client, shown by its last address', async (t) => {
  const { add, listed } = withClock()
  for (const address of ['2001:db8::1', '2001:db8::2', '2001:db8:0:1::1', '::ffff:203.0.113.7', '203.0.113.7'])
    add({ address })
  t.same(listed(), [
    ['2001:db8::2', 2],
    ['2001:db8:0:1::1', 1],
    ['203.0.113.7', 2]
  ])
})

t.test(
  'strangers with any number of addresses push out no client with a key, and none of a private network',
  async (t) => {
    const { clock, rejections, add, listed } = withClock()
    const real = ['127.0.0.1', '10.1.2.3', 'fd00::1', 'fe80::1', '::ffff:192.168.1.2']
    for (const address of real) add({ address })
    add({ code: 'IEV_BODY_TOO_LARGE', authorized: true, instance: 'sales' })
    for (let n = 0; n < 5_000; n++) {
      clock.seconds++
      add({ address: anywhere(n) })
    }
    const kept = listed().map(([address]) => String(address))
    t.equal(kept.length, 30 + real.length + 1)
    t.same(
      [...real, REJECTED.address].filter((address) => !kept.includes(address)),
      []
    )
    t.equal(rejections.forgotten, 5_000 - 30)
    t.equal(rejections.total, 5_006)
  }
)

t.test('strangers who come once push out none who comes again and again', async (t) => {
  const { clock, add, listed } = withClock()
  add()
  clock.seconds = 60
  add()
  for (let n = 0; n < 5_000; n++) add({ address: anywhere(n) }, 3)
  t.same(
    listed().filter(([address]) => address === REJECTED.address),
    [[REJECTED.address, 2]]
  )
})

t.test('one instance does not push out others', async (t) => {
  const { clock, add, rejections } = withClock()
  add({ authorized: true, instance: 'support' })
  for (let n = 0; n < 100; n++) {
    clock.seconds++
    add({ authorized: true, instance: 'sales', address: anywhere(n) })
  }
  const instances = rejections.list().map(({ instance }) => instance)
  t.same(instances, [...Array(10).fill('sales'), 'support'])
})

t.test('a client without an address is remembered', async (t) => {
  const { add, listed } = withClock()
  add({ address: '' })
  t.same(listed(), [['', 1]])
})
