import t, { type Test } from 'tap'
import type { AppOptions } from '../../app.ts'
import type { InstanceStatesReply, QueueStatesReply } from '../../lib/schemas/overview-tables.ts'
import { backends } from '../support/backends.ts'
import { API_KEY, build } from '../support/build.ts'
import { newEvent } from '../support/new-event.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { startSqs } from '../support/sqs.ts'
import { until } from '../support/until.ts'

const headers = { apikey: API_KEY }

async function start(t: Test, options: Partial<AppOptions> = {}) {
  const server = await build(t, options)
  const ask = async <T>(url: string) => (await server.inject({ url, headers })).json<T>()
  return {
    server,
    queues: (query = '') => ask<QueueStatesReply>(`/overview/queues${query}`),
    instances: (query = '') => ask<InstanceStatesReply>(`/overview/instances${query}`)
  }
}

const kinds = await backends(t)
for (const { name, start: database } of kinds) {
  t.test(
    `${name}: queues with a fault come first, then those with dead letters, pending and sent events`,
    async (t) => {
      const sqs = await startSqs(t)
      const proxy = await startFaultProxy(t, sqs.options.endpoint)
      const { server, queues, instances } = await start(t, {
        eventLog: { url: await database(t) },
        sqs: {
          ...sqs.options,
          endpoint: proxy.endpoint,
          maxPayloadBytes: 1_024,
          global: { events: ['PRESENCE_UPDATE', 'LABELS_EDIT', 'CHATS_UPSERT', 'GROUPS_UPSERT', 'CONTACTS_UPSERT'] }
        }
      })
      const described = await server.inject({ url: '/server', headers })
      t.equal(described.json<{ store: string }>().store, name.toLowerCase())
      proxy.decide = ({ action, body }) =>
        action === 'SendMessageBatch' && String(body.QueueUrl).includes('labels')
          ? { refuse: ['0', '1'].map((Id) => ({ Id, Code: 'ServiceUnavailable', SenderFault: false })) }
          : undefined
      const send = (instance: string, event: string, data: unknown = 1) =>
        server.onInstanceEvent({ instance, event, data })
      for (const event of ['chats', 'groups', 'contacts']) await send('sales', `${event}.upsert`)
      await send('sales', 'presence.update', 'x'.repeat(1_100))
      await send('sales', 'labels.edit')
      await send('support', 'labels.edit')
      let page = await queues()
      await until(async () => {
        page = await queues()
        const [labels, presence, ...others] = page.queues
        return (
          labels?.pending === 2 &&
          labels.fault !== null &&
          presence?.deadLetters === 1 &&
          presence.pending === 0 &&
          others.filter(({ pending, lastSentAt }) => pending === 0 && lastSentAt !== null).length === 3
        )
      })
      const rest = { pending: 0, oldestPendingAgeSeconds: null, deadLetters: 0, fault: null }
      const sent = { ...rest, lastSentAt: /Z$/, sentLastMinute: /^[01]$/ }
      t.match(page, {
        queues: [
          {
            queue: 'global_labels_edit.fifo',
            pending: 2,
            oldestPendingAgeSeconds: /^[0-9.]+$/,
            deadLetters: 0,
            lastSentAt: null,
            sentLastMinute: 0,
            fault: { code: 'ServiceUnavailable', message: /./, since: /Z$/ }
          },
          { ...rest, queue: 'global_presence_update.fifo', deadLetters: 1, lastSentAt: null },
          { ...sent, queue: 'global_chats_upsert.fifo' },
          { ...sent, queue: 'global_contacts_upsert.fifo' },
          { ...sent, queue: 'global_groups_upsert.fifo' }
        ],
        after: null,
        total: 5
      })
      t.match(await instances(), {
        instances: [
          { instance: 'sales', pending: 1, deadLetters: 1, isSilent: false },
          { instance: 'support', pending: 1, oldestPendingAgeSeconds: /^[0-9.]+$/, deadLetters: 0 }
        ]
      })
    }
  )

  t.test(`${name}: pages of queues follow each other, also while states change`, async (t) => {
    const { server, queues } = await start(t, { eventLog: { url: await database(t) }, sqs: false, websocket: false })
    const names = Array.from({ length: 7 }, (_, n) => `q${n}.fifo`)
    for (const queue of names.toReversed()) await server.eventLog.store.log.append([newEvent({ queues: [queue] })])
    const seen: string[] = []
    for (let after: string | null = ''; after !== null;) {
      const page: QueueStatesReply = await queues(`?limit=3${after && `&after=${after}`}`)
      t.equal(page.total, 7)
      seen.push(...page.queues.map(({ queue }) => queue))
      after = page.after
    }
    t.same(seen, names.toReversed(), 'the oldest first')
  })
}

t.test('the tables need the global key, and refuse other places', async (t) => {
  const { server } = await start(t, { sqs: false, websocket: false })
  await server.eventLog.instances.create({ name: 'sales', token: 'token-of-sales' })
  const status = async (url: string, apikey = API_KEY) => (await server.inject({ url, headers: { apikey } })).statusCode
  for (const url of ['/overview/queues', '/overview/instances']) {
    t.equal(await status(url), 200)
    t.equal(await status(url, 'token-of-sales'), 401)
    t.equal(await status(`${url}?limit=0`), 400)
  }
  for (const after of ['x', '4.1.q', '1.q']) t.equal(await status(`/overview/queues?after=${after}`), 400, after)
  t.equal(await status('/overview/queues?after=3.9007199254740991.q.fifo'), 200)
})
