import t, { type Test } from 'tap'
import { startOther } from '../support/answering.ts'
import { API_KEY, listen } from '../support/build.ts'
import { cli, type CliWorld } from '../support/cli.ts'
import { startSqs } from '../support/sqs.ts'
import { until } from '../support/until.ts'

/** More than a page of the search, and more than two requests of the work. */
const LETTERS = 1_203

/** A server with dead letters of two instances, whose messages are larger than its limit. */
async function start(t: Test, { count = LETTERS }: { count?: number } = {}) {
  const { options } = await startSqs(t)
  const { app, url } = await listen(t, { sqs: { ...options, maxPayloadBytes: 1_024, global: { events: ['CALL'] } } })
  const large = Array.from({ length: count }, (_, n) => ({
    instance: n < 2 ? 'other' : 'sales',
    event: 'call',
    data: 'x'.repeat(1_100)
  }))
  await app.eventLog.accept(large)
  const { store } = app.eventLog
  const left = async () => (await store.deadLetters.count()).count
  await until(async () => (await left()) >= count)
  const run = (args: string[], world: CliWorld = {}) =>
    cli(['deadletters', ...args], { env: { IEV_URL: url, API_KEY }, ...world })
  return { app, run, left }
}

t.test('dead letters are listed, filtered and paged', async (t) => {
  const { run } = await start(t, { count: 5 })
  const listed = await run([])
  t.match(listed, { code: 0, error: '' })
  t.match(listed.out.split('\n'), [
    /^ID {2}DIED +TRIES {2}INSTANCE {2}QUEUE +REASON +MESSAGE$/,
    /^1 {3}\d{4}-\S+ {2}1 {6}other {5}global_call\.fifo {2}IEV_SQS_PAYLOAD_TOO_LARGE {2}\S/,
    /^2/,
    /sales/,
    /sales/,
    /sales/
  ])
  t.match(await run(['--instance', 'other', '--limit', '1']), { out: /\n1 .*$/, error: 'For more, add --after 1' })
  t.match(await run(['--instance', 'other', '--after', '1', '--json']), {
    out: /^\{"deadLetters":\[\{"id":2,[^[]+\],"after":2,"more":false\}$/
  })
  t.match(await run(['--queue', 'nothing.fifo']), { code: 0, out: '', error: 'No dead letters found.' })
})

t.test('dead letters are counted by group', async (t) => {
  const { run } = await start(t, { count: 5 })
  const all = await run(['groups'])
  t.match(all, { code: 0, error: '5 dead letters in 2 groups' })
  t.match(all.out.split('\n'), [
    /^COUNT {2}REASON +QUEUE +INSTANCE {2}FIRST +LAST$/,
    /^3 +IEV_SQS_PAYLOAD_TOO_LARGE {2}global_call\.fifo {2}sales +\d{4}-\S+ {2}\d{4}-\S+$/,
    /^2 .* other /
  ])
  t.match(await run(['groups', '--limit', '1']), {
    out: /sales/,
    error: '5 dead letters in 2 groups, of which the 1 largest are shown'
  })
  t.match(await run(['groups', '--instance', 'other', '--json']), { out: /^\{"count":2,"groupCount":1,"groups":\[\{/ })
  t.match(await run(['groups', '--reason', 'Other']), { code: 0, out: '', error: 'No dead letters found.' })
  t.match(await run(['groups', 'sales']), { code: 2 })
})

t.test('dead letters are discarded by id, after a confirmation or with --yes', async (t) => {
  const { run, left } = await start(t, { count: 5 })
  t.match(await run(['discard', '1', '2']), { code: 2, error: /^Discard 2 dead letters\?.*confirm with --yes/ })
  t.match(await run(['discard', '1'], { answer: 'no' }), {
    code: 1,
    asked: ['Discard 1 dead letter? Their events are never sent. [y/N] ']
  })
  t.equal(await left(), 5)
  t.match(await run(['discard', '1', '1', '3'], { answer: 'yes' }), { code: 0, out: 'Discarded: 2 dead letters.' })
  t.match(await run(['discard', '1', '4', '--yes']), {
    code: 1,
    error: /There is no dead letter 1.*IEV_DEAD_LETTER_NOT_FOUND/
  })
  t.equal(await left(), 3)
  t.match(await run(['discard', '--instance', 'other', '--yes', '--json']), { code: 0, out: '{"discarded":1}' })
  t.match(
    await run(['discard', '--instance', 'other']),
    { code: 0, out: 'Discarded: 0 dead letters.' },
    'no confirmation for no dead letters'
  )
  t.equal(await left(), 2)
})

t.test('without ids, filters or --all, nothing is redriven or discarded', async (t) => {
  const { run, left } = await start(t, { count: 2 })
  const wrong: [string[], RegExp][] = [
    [['redrive'], /^Choose dead letters by ids, --instance/],
    [['discard', '--yes'], /^Choose dead letters/],
    [['redrive', '1', '--all'], /^Use either ids, filters or --all$/],
    [['discard', '1', '--instance', 'other', '--yes'], /^Use either ids/],
    [['redrive', '--all', '--queue', 'x'], /'--all' cannot be used with option '--queue/],
    [['redrive', 'first'], /"first" is not a whole number from 1/]
  ]
  t.match(
    await Promise.all(wrong.map(([args]) => run(args))),
    wrong.map(([, error]) => ({ code: 2, out: '', error }))
  )
  t.equal(await left(), 2)
})

t.test('many dead letters are handled page by page, with progress', async (t) => {
  const { run, app, left } = await start(t)
  const discarded = await run(['discard', '--instance', 'sales', '--yes'])
  t.match(discarded, { code: 0, out: 'Discarded: 1,201 dead letters.' })
  t.same(discarded.statuses.filter(Boolean), [
    'Found 1,000 dead letters',
    'Found 1,201 dead letters',
    'Discarded 500 of 1,201 dead letters',
    'Discarded 1,000 of 1,201 dead letters',
    'Discarded 1,201 of 1,201 dead letters'
  ])
  t.equal(discarded.statuses.at(-1), '', 'the progress is removed at the end')
  t.equal(await left(), 2)

  const before = await app.eventLog.store.deadLetters.count()
  t.match(await run(['redrive', '--all']), {
    code: 0,
    out: 'Redriven: 2 dead letters.\nsent: 0; failed again: 2 (IEV_SQS_PAYLOAD_TOO_LARGE: 2).'
  })
  t.equal(await left(), 2)
  t.same(await app.eventLog.store.deadLetters.count(), before, 'they have their ids again')
  t.match(await run(['redrive', '1', '--json']), {
    code: 0,
    out: '{"redriven":1,"sent":0,"dead":1,"unknown":0,"pending":0,"reasons":{"IEV_SQS_PAYLOAD_TOO_LARGE":1}}'
  })
})

t.test('dead letters that are gone meanwhile are skipped', async (t) => {
  const { run, app, left } = await start(t, { count: 5 })
  const answerAfter = (meanwhile: object) => ({
    ask: async () => {
      await app.sqs.deadLetters.discard(meanwhile)
      return 'y'
    }
  })
  t.match(await run(['discard', '--all'], answerAfter({ ids: [2, 4] }) as object), {
    code: 0,
    out: 'Discarded: 3 dead letters.'
  })
  await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 'x'.repeat(1_100) })
  await until(async () => (await left()) >= 1)
  t.match(await run(['discard', '--reason', 'IEV_SQS_PAYLOAD_TOO_LARGE'], answerAfter({}) as object), {
    code: 0,
    out: 'Discarded: 0 dead letters.'
  })
})

t.test('a server that stops in between ends the command', async (t) => {
  const { run, app } = await start(t, { count: 2 })
  const ask = async () => {
    await app.close()
    return 'y'
  }
  t.match(await run(['discard', '--all'], { ask } as object), { code: 1, error: /Cannot reach the server/ })
})

t.test('an unexpected refusal ends the command', async (t) => {
  const refused = JSON.stringify({ status: 404, code: 'IEV_OTHER', response: { message: ['Not there'] } })
  const { url } = await startOther(
    t,
    { status: 200, body: '{"deadLetters":[{"id":1}],"after":1,"more":false}' },
    { status: 404, body: refused }
  )
  t.match(await cli(['deadletters', 'redrive', '--all', '--url', url]), { code: 1, error: 'Not there (IEV_OTHER)' })
})

t.test('dead letters that stay pending are told as such', async (t) => {
  const { url } = await startOther(
    t,
    { status: 200, body: '{"redriven":1}' },
    { status: 200, body: '{"outcomes":[{"id":1,"outcome":"pending"}]}' }
  )
  const told = await cli(['deadletters', 'redrive', '1', '--url', url], { env: { API_KEY } })
  t.match(told, { code: 0, out: 'Redriven: 1 dead letter.\nsent: 0; failed again: 0; pending: 1.' })
})
