import t from 'tap'
import { EventReader, type EventShape } from '../../routes/event-reader.ts'

const SHAPE: EventShape = new Map([
  ['event', 'value'],
  ['sender', 'value'],
  ['extra', 'members']
])
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
const event = (n: number) =>
  `{"event":"call","sender":"${n}", "data" :{"text":"é \\" \\ud800 ${'x'.repeat(n)}","n":[1.50,-0,{"__proto__":[]}]},"extra":{"__proto__":{"a":1},"b":[]}}`
const events = (count: number) => `[${Array.from({ length: count }, (_, n) => event(n)).join(' ,\n')}] `

const BODIES: Record<string, string | Buffer> = {
  'one event': event(3),
  'a list': events(20),
  'an empty list': '[]',
  'no event': '7',
  'a long string': event(600),
  'a long string without an end': `{"data":"${'x'.repeat(600)}`,
  'a long string with a control character': `{"data":"${'x'.repeat(600)}\n"}`,
  'escapes in long strings': `{"data":"${`${'x'.repeat(300)}\\n\\"`.repeat(3)}"}`,
  'a string of many chunks': `{"data":"${'x'.repeat(40_000)}"}`,
  'the same member twice': '{"data":[1],"data":[2]}',
  'deep enough': `{"data":${nested(100)}}`,
  'too deep': `[${event(1)},{"data":${nested(101)}}]`,
  'too large a number': '{"extra":{"a":[1,2,1e999]}}',
  'too many events': `[${Array(1_001).fill('{}').join()}]`,
  'too many members': `{${Array.from({ length: 101 }, (_, n) => `"${n}":[]`).join()}}`,
  'too long a value': `{"sender":[${'1,'.repeat(3_000)}1]}`,
  'no end': events(3).slice(0, -30),
  'a fault late': events(3).replace(
    '"n":[1.50,-0,{"__proto__":[]}]},"extra":{"__proto__":{"a":1},"b":[]}}] ',
    '"n":[1.50,,]}}]'
  ),
  'more after the end': `${events(2)}{}`,
  'no UTF-8': Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]),
  nothing: ''
}

t.test('a body that is read in slices gives what it gives when it is read at once', async (t) => {
  for (const [title, text] of Object.entries(BODIES)) {
    const bytes = Buffer.from(text as string)
    let whole: unknown
    try {
      whole = { value: new EventReader(bytes, SHAPE).read() }
    } catch (error) {
      whole = { error }
    }
    for (const sliceBytes of [1, 7, 100, 1_000]) {
      const sliced = await new EventReader(bytes, SHAPE)
        .readInSlices(sliceBytes)
        .then((value) => ({ value }))
        .catch((error: unknown) => ({ error }))
      t.same(sliced, whole, `${title}, ${sliceBytes} bytes at once`)
    }
  }
})

t.test('other work is done between slices', async (t) => {
  let turns = 0
  let counting = true
  const count = () => {
    turns++
    if (counting) setImmediate(count)
  }
  count()
  const bytes = Buffer.from(events(40))
  const read = (await new EventReader(bytes, SHAPE).readInSlices(500)) as unknown[]
  t.equal(read.length, 40)
  t.ok(turns >= 8, `${turns} turns for ${bytes.length} bytes`)
  turns = 0
  await new EventReader(Buffer.from(event(10_000)), SHAPE).readInSlices(1_000)
  counting = false
  t.ok(turns >= 8, `${turns} turns for one string`)
})
