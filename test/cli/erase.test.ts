import t, { type Test } from 'tap'
import { API_KEY, listen } from '../support/build.ts'
import { Interrupted } from '../../lib/cli/failure.ts'
import { cli, type CliWorld } from '../support/cli.ts'
import { startProxiedSqs } from '../support/proxied-sqs.ts'
import { until } from '../support/until.ts'

const JID = '5511999999999@s.whatsapp.net'
/** More than one request looks at. */
const EVENTS = 10_300

async function start(t: Test, options: Parameters<typeof listen>[1] = { sqs: false, websocket: false }) {
  const { app, url } = await listen(t, options)
  const run = (args: string[], world: CliWorld = {}) =>
    cli(['erase', ...args], { env: { IEV_URL: url, API_KEY }, ...world })
  return { app, run }
}

t.test('events that name a JID are erased over a long log, with progress', async (t) => {
  const { app, run } = await start(t)
  for (let at = 0; at < EVENTS; at += 1_030)
    await app.eventLog.accept(
      Array.from({ length: 1_030 }, (_, n) => ({ instance: 'sales', event: 'call', data: n === 1_029 ? [JID] : n }))
    )
  t.match(await run(['sales', '--jid', JID]), { code: 2, error: /There is no terminal to ask on: confirm with --yes/ })
  const asked = [`Erase all events that name ${JID} of sales? This cannot be undone. [y/N] `]
  t.match(await run(['sales', '--jid', JID], { answer: 'n' }), { code: 1, error: 'Nothing was changed.', asked })
  t.match(await run(['sales', '--jid', JID], { answer: 'y' }), {
    code: 0,
    out: 'Erased: 10 events, of 10,300 examined.',
    error: '',
    statuses: [
      'Examined 10,000 events, erased 9 (offset 10,000 of 10,300)',
      'Examined 10,300 events, erased 10 (offset 10,300 of 10,300)',
      ''
    ]
  })
  const again = await run(['sales', '--jid', JID, '--yes', '--json'])
  t.match(JSON.parse(again.out), { examined: EVENTS, erased: 0, done: true })
  await app.eventLog.instances.remove('sales')
  t.match(JSON.parse((await run(['sales', '--jid', JID, '--yes', '--json'])).out), { examined: EVENTS, erased: 0 })
  t.match(await run(['nobody', '--jid', JID, '--yes']), { code: 1, error: /IEV_INSTANCE_NOT_FOUND/ })
})

t.test('events are erased by ids, as many as are given, and those that do not exist are named', async (t) => {
  const { app, run } = await start(t)
  const ids = Array.from({ length: 600 }, (_, n) => `id-${n}`)
  await app.eventLog.accept(ids.map((id) => ({ instance: 'sales', event: 'call', id, data: id })))
  t.match(await run(['sales', ...ids, 'none', 'neither', '--yes']), {
    code: 1,
    out: 'Erased: 600 events, of 600 examined.',
    error: 'There is no event none\nThere is no event neither'
  })
  t.match(await run(['sales', 'id-0', '--yes']), { code: 0, out: 'Erased: 0 events, of 1 examined.' })
  for (const args of [['sales'], ['sales', 'id-0', '--jid', JID]])
    t.match(await run(args), { code: 2, error: /Choose events either by --jid or by their ids/ })
})

t.test('what queues, S3 and dead letters have of erased events is told', async (t) => {
  const { sqs, proxy, options } = await startProxiedSqs(t)
  sqs.server.createBucket('large')
  const { app, run } = await start(t, {
    sqs: {
      ...options,
      maxAttempts: 1,
      shutdownTimeoutMs: 100,
      maxPayloadBytes: 4_096,
      global: { events: ['CALL'] },
      s3: { ...options, bucket: 'large', prefix: 'hub' }
    }
  })
  const call = (id: string, text: string) =>
    app.onInstanceEvent({ instance: 'sales', event: 'call', id, data: [JID, text] })
  const refuse = { status: 403, code: 'AccessDenied', message: 'no' }
  const { store } = app.eventLog
  await call('a', 'x'.repeat(9_000))
  await call('b', 'x'.repeat(9_000))
  await until(() => store.deliveries.pendingCount() === 0)
  proxy.decide = ({ action }) => (action === 'SendMessageBatch' ? refuse : undefined)
  await call('c', 'dead')
  await until(async () => (await store.deadLetters.count()).count === 1)
  proxy.decide = ({ action }) => (action === 'SendMessageBatch' ? 'silence' : undefined)
  await call('d', 'pending')
  t.match(await run(['sales', '--jid', JID, '--yes']), {
    code: 0,
    out: 'Erased: 4 events, of 4 examined.\nDeleted from S3: 2 objects.\nPending, sent without data: 1 event.\nWithout data now: 1 dead letter.',
    error: 'SQS had already received 2 events with data: erase the copies in queues and at consumers yourself.'
  })
  proxy.decide = ({ headers }) => (headers['x-amz-target'] === undefined ? refuse : undefined)
  t.match(await run(['sales', 'a', '--yes']), {
    code: 1,
    error: /^hub\/sales\/1-a\.json may still be in S3 \(.+\): erase the event a again$/
  })
})

t.test('an erasure that is interrupted prints the command that continues it', async (t) => {
  const { app, run } = await start(t)
  const instance = "Ana's shop"
  for (let at = 0; at < EVENTS; at += 1_030)
    await app.eventLog.accept(
      Array.from({ length: 1_030 }, (_, n) => ({ instance, event: 'call', data: n === 1_029 ? [JID] : n }))
    )
  const interruption = new AbortController()
  const { signal } = interruption
  const status = (text: string) => text.startsWith('Examined') && interruption.abort(new Interrupted(130))
  const ended = await run([instance, '--jid', JID, '--yes'], { signal, status })
  t.match(ended.error, `To continue: npx fastify-instance-events erase 'Ana'\\''s shop' --jid ${JID} --after 10000`)
  t.not(ended.code, 0)
  t.match(await run([instance, '--jid', JID, '--after', '10000', '--yes']), {
    code: 0,
    out: 'Erased: 1 event, of 300 examined.'
  })
  t.match(await run([instance, 'an-id', '--after', '1', '--yes']), {
    code: 2,
    error: /--after can only be used with --jid/
  })
})
