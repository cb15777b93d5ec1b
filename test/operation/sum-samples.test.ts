import t from 'tap'
import { sumSamples } from '../../lib/operation/sum-samples.ts'
import type { KeptSample } from '../../lib/store/sample-store.ts'

const STATE = { pending: 9, oldestPendingAgeSeconds: 2, deadLetters: 1 }

function sample(part: number, node: string, own: Partial<KeptSample> = {}): KeptSample {
  return { ...STATE, part, node, accepted: 10, delivered: 5, sockets: 3, ...own }
}

t.test('deliveries and sockets are added up; the log, which all nodes see, is not', async (t) => {
  const [first, second] = sumSamples([
    sample(100, 'a', { accepted: null, delivered: null }),
    sample(101, 'a', { accepted: 8 }),
    sample(101, 'b', { accepted: 12, delivered: 7, sockets: 4, pending: 10 })
  ])
  t.same(first, { ...STATE, time: new Date(1_000_000), accepted: null, delivered: null, sockets: 3 })
  t.same(second, { ...STATE, time: new Date(1_010_000), accepted: 10, delivered: 12, sockets: 7, pending: 10 })
})

t.test('a node that misses one part counts as in the part before, but not longer', async (t) => {
  const sockets = (samples: KeptSample[]) => sumSamples(samples).map(({ sockets }) => sockets)
  const a = [100, 101, 102, 103].map((part) => sample(part, 'a'))
  t.same(
    sockets([a[0], sample(100, 'b'), a[1], a[2], sample(102, 'b'), a[3]].map((own) => own as KeptSample)),
    [6, 6, 6, 6]
  )
  t.same(sockets([a[0], sample(100, 'b'), a[1], a[2], a[3]].map((own) => own as KeptSample)), [6, 6, 3, 3])
  t.same(sockets([sample(100, 'b'), sample(109, 'a')]), [3, 3], 'nor after a gap')
})
