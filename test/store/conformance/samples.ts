import type { Test } from 'tap'
import { SAMPLE_MS } from '../../../lib/store/sample-store.ts'
import type { Open } from '../conformance.ts'

const SAMPLE = {
  accepted: 1.5,
  delivered: null,
  pending: 3,
  oldestPendingAgeSeconds: 0.25,
  deadLetters: 4,
  sockets: 5
}

/** Tests of a store that several nodes share. */
export function samples(t: Test, open: Open): void {
  void t.test('the samples of nodes are kept by parts of time, one for each node', async (t) => {
    const { store, reopen } = await open(t)
    if (!store.samples) return
    const empty = await store.samples.read()
    t.strictSame(empty.samples, [])
    t.ok(Math.abs(empty.now - Date.now()) < 60_000)
    await store.samples.keep('b', SAMPLE)
    await store.samples.keep('a', { ...SAMPLE, oldestPendingAgeSeconds: null })
    await store.samples.keep('b', { ...SAMPLE, sockets: 6 })
    const again = await reopen()
    const { now, samples } = await (again.samples as typeof store.samples).read()
    const lasts = new Map(samples.map(({ part, node, ...sample }) => [node, sample]))
    t.strictSame(
      [lasts.get('a'), lasts.get('b')],
      [
        { ...SAMPLE, oldestPendingAgeSeconds: null },
        { ...SAMPLE, sockets: 6 }
      ]
    )
    t.ok(samples.every(({ part }) => part <= now / SAMPLE_MS && part > now / SAMPLE_MS - 10))
  })
}
