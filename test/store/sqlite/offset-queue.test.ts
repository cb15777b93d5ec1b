import t from 'tap'
import { OffsetQueue } from '../../../lib/store/sqlite/offset-queue.ts'
import { Random } from '../../simulation/random.ts'

t.test('a queue of offsets is an ordered set, however it is filled and emptied', async (t) => {
  const random = new Random(7)
  const queue = new OffsetQueue()
  let model = new Array<number>()
  const wrong: unknown[] = []
  for (let step = 0; step < 6_000; step++) {
    // It grows, then shrinks.
    const growing = step % 2_000 < 1_200
    const any = random.between(1, 3_000)
    const offset = random.chance(0.8) ? (growing ? step + 3_001 : (model[0] ?? any)) : any
    const known = model.includes(offset)
    if (growing ? queue.add(offset) === known : queue.remove(offset) !== known) wrong.push({ step, offset, known })
    if (growing && !known) model = [...model, offset].sort((a, b) => a - b)
    if (!growing && known) model = model.filter((other) => other !== offset)
    if (step % 50 > 0) continue
    const after = random.between(0, 10_000)
    const read = [queue.size, queue.first, queue.has(any), queue.after(after, 5)]
    const expected = [model.length, model[0], model.includes(any), model.filter((other) => other > after).slice(0, 5)]
    if (JSON.stringify(read) !== JSON.stringify(expected)) wrong.push({ step, read, expected })
  }
  t.same(wrong, [])
})
