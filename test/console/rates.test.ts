import t from 'tap'
import { NodeRates, type Sample } from '../../console/rates.ts'

function sample(node: string, accepted: number, { uptimeSeconds = accepted, sockets = 1 } = {}): Sample {
  return {
    node,
    uptimeSeconds,
    sockets,
    totals: { accepted, delivered: accepted * 2, emitted: 0, refused: 0, rejected: 0, unloggedLines: 0 }
  }
}

t.test('a rate needs two answers', async (t) => {
  const rates = new NodeRates()
  t.equal(rates.rates, undefined)
  rates.add(sample('a', 100), 0)
  t.equal(rates.rates, undefined)
  rates.add(sample('a', 150), 2_000)
  t.same(rates.rates, { accepted: 25, delivered: 50 })
})

t.test('rates of several nodes are added up', async (t) => {
  const rates = new NodeRates()
  rates.add(sample('a', 100, { sockets: 3 }), 0)
  rates.add(sample('b', 900, { sockets: 4 }), 2_000)
  rates.add(sample('a', 140, { sockets: 3 }), 4_000)
  t.same(rates.rates, { accepted: 10, delivered: 20 }, 'only the node with a known rate')
  rates.add(sample('b', 920, { sockets: 5 }), 6_000)
  t.same(rates.rates, { accepted: 15, delivered: 30 })
  t.equal(rates.sockets, 8)
  t.equal(rates.size, 2)
})

t.test('a counter that has decreased has no rate', async (t) => {
  const rates = new NodeRates()
  rates.add(sample('a', 1_000), 0)
  rates.add(sample('a', 10), 2_000)
  t.equal(rates.rates, undefined)
  rates.add(sample('a', 30), 4_000)
  t.same(rates.rates, { accepted: 10, delivered: 20 })
  rates.add(sample('a', 1_030, { uptimeSeconds: 1 }), 6_000)
  t.equal(rates.rates, undefined, 'no rate after a restart, even if the counter is higher')
})

t.test('a node without an answer for a minute is no longer included', async (t) => {
  const rates = new NodeRates()
  for (const at of [0, 2_000]) {
    rates.add(sample('gone', at), at)
    rates.add(sample('here', at), at)
  }
  t.equal(rates.size, 2)
  rates.add(sample('here', 72_000), 62_001)
  t.equal(rates.size, 1)
  t.equal(rates.sockets, 1)
})
