import { execFileSync } from 'node:child_process'
import t from 'tap'
import type { Message, SearchedPage } from '../../console/api/types.ts'
import { exportSteps } from '../../console/event-export.ts'
import { curlOf, submissionOf } from '../../console/event-submission.ts'
import { parseExactly } from '../../console/exact-json.ts'
import { MAX_FOUND, searchSteps, type SearchProgress } from '../../console/log-search.ts'

const MESSAGE = {
  event: 'call',
  instance: "d'água/7",
  data: { text: `it's "$KEY" \`x\` \\ %\nend` },
  server_url: 'https://hub.example',
  date_time: '2026-01-31T12:00:00.000Z',
  sender: '5511@s.whatsapp.net',
  apikey: 'theirs',
  id: 'id-1',
  offset: 7,
  traceparent: '00-1-2-01',
  isLatest: true
} as unknown as Message

t.test('JSON that is written again has each number as it was', async (t) => {
  const json = '{"id":12345678901234567890,"price":1.50,"n":[1,-0,1e3],"text":"1.50","__proto__":null}'
  t.equal(JSON.stringify(parseExactly(json)), json)
  t.same(parseExactly('{"a":[1,"x",null]}'), { a: [1, 'x', null] })
  t.throws(() => parseExactly('{'), SyntaxError)
})

t.test('an event is submitted again without what is of its first time', async (t) => {
  t.same(submissionOf(MESSAGE), {
    event: 'call',
    data: MESSAGE.data,
    sender: '5511@s.whatsapp.net',
    serverUrl: 'https://hub.example',
    extra: { isLatest: true }
  })
  const bare = { ...MESSAGE, sender: null, server_url: '', isLatest: undefined } as unknown as Message
  delete (bare as Record<string, unknown>).isLatest
  t.same(submissionOf(bare), { event: 'call', data: MESSAGE.data })
})

t.test('a shell passes to curl what submits the event, and the key from its variable', async (t) => {
  const command = curlOf(MESSAGE, 'https://host/hub/console/#/live')
  const script = `curl() { for part; do printf '%s\\0' "$part"; done; }\n${command}`
  const parts = execFileSync('sh', ['-c', script], { env: { KEY: 'k e y' }, encoding: 'utf8' })
    .split('\0')
    .slice(0, -1)
  const body = parts.pop() as string
  t.same(parts, [
    '-sS',
    '--fail-with-body',
    "https://host/hub/events/d'%C3%A1gua%2F7",
    '-H',
    'apikey: k e y',
    '-H',
    'content-type: application/json',
    '--data-raw'
  ])
  t.same(JSON.parse(body), submissionOf(MESSAGE))
  t.notMatch(command, 'theirs')
})

/** A part of a search. */
function part(offsets: number[], { before, more = true }: { before: number; more?: boolean }): SearchedPage {
  const events = offsets.map((offset) => ({ offset }) as Message)
  return { events, before, more, examined: 10, total: 40, log: 'log' }
}

t.test('a search reads on until the log is searched, and shows an event once', async (t) => {
  const asked: unknown[] = []
  const parts = [part([5], { before: 40 }), part([30], { before: 20 }), part([5], { before: 1, more: false })]
  const steps: SearchProgress[] = []
  const read = async (before: number | 'latest') => {
    asked.push(before)
    return parts[asked.length - 1] as SearchedPage
  }
  for await (const step of searchSteps(undefined, read)) steps.push(step)
  t.same(asked, ['latest', 40, 20])
  t.same(
    steps.map(({ events, examined, total, before }) => [events.map(({ offset }) => offset), examined, total, before]),
    [
      [[5], 10, 40, 40],
      [[5, 30], 20, 40, 20],
      [[5, 30], 30, 40, undefined]
    ]
  )
  const done = steps.at(-1)
  t.match(await searchSteps(done, read).next(), { done: true }, 'nothing is left')
})

t.test('a search stops with many events, and continues where it stopped', async (t) => {
  let offset = 10_000
  const read = async () =>
    part(
      Array.from({ length: 100 }, () => offset--),
      { before: offset }
    )
  let last: SearchProgress | undefined
  for await (last of searchSteps(undefined, read));
  t.match(last, { examined: 100, before: 9_000 })
  t.equal(last?.events.length, MAX_FOUND)
  for await (last of searchSteps(last, read));
  t.match(last, { examined: 200, before: 8_000 })
  t.equal(last?.events.length, 2 * MAX_FOUND)
})

t.test('a file has a line for each event, up to its bounds, and says if more follow', async (t) => {
  const parts = [
    { events: [3, 2].map((offset) => ({ offset }) as Message), before: 2 },
    { events: [2, 1].map((offset) => ({ offset }) as Message), before: undefined }
  ]
  const run = async (bounds?: { events: number; bytes: number }) => {
    let at = 0
    const seen: unknown[] = []
    for await (const { events, file, cut } of exportSteps(async () => parts[at++] as (typeof parts)[0], bounds))
      seen.push([events, await file.text(), cut])
    return seen
  }
  const [first, second] = ['{"offset":3}\n{"offset":2}\n', '{"offset":3}\n{"offset":2}\n{"offset":1}\n']
  t.same(await run(), [
    [2, first, false],
    [3, second, false]
  ])
  t.same(await run({ events: 1, bytes: 100 }), [[1, '{"offset":3}\n', true]])
  t.same(await run({ events: 100, bytes: 20 }), [[2, first, true]])
  t.same((await run({ events: 3, bytes: 100 })).at(-1), [3, second, false], 'a whole file at its bound is not cut')
})
