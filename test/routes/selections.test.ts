import { ListQueueTagsCommand } from '@aws-sdk/client-sqs'
import t from 'tap'
import { API_KEY, build } from '../support/build.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { startSqs } from '../support/sqs.ts'
import { until } from '../support/until.ts'

const headers = { apikey: API_KEY }
const UUID = /^[0-9a-f-]{36}$/
const ISO = /^\d{4}-\d{2}-\d{2}T.*Z$/

t.test('set accepts both shapes of bodies, for both transports', async (t) => {
  const server = await build(t)
  for (const transport of ['sqs', 'websocket']) {
    for (const wrap of [true, false]) {
      const selection = { enabled: true, events: ['MESSAGES_UPSERT', 'CALL'] }
      const instance = `${transport}-${wrap}`
      const reply = await server.inject({
        method: 'POST',
        url: `/${transport}/set/${instance}`,
        headers,
        payload: wrap ? { [transport]: selection } : selection
      })
      t.equal(reply.statusCode, 201)
      t.match(reply.json(), { id: UUID, ...selection, createdAt: ISO, updatedAt: ISO, instanceId: UUID })
      const found = await server.inject({ url: `/${transport}/find/${instance}`, headers })
      const { queues, ...stored } = reply.json<{ queues?: { name: string }[] }>()
      t.strictSame(found.json(), stored, 'find shows what set answered')
      t.same(
        queues?.map(({ name }) => name),
        transport === 'sqs' ? [`${instance}_messages_upsert.fifo`, `${instance}_call.fifo`] : undefined
      )
    }
  }
})

t.test('after a 201 of set, the tagged queues exist', async (t) => {
  const sqs = await startSqs(t)
  const server = await build(t, { sqs: sqs.options })
  const reply = await server.inject({ method: 'POST', url: '/sqs/set/mine', headers, payload: { enabled: true } })
  const { queues: all } = reply.json<{ queues: { event: string; name: string; url: string }[] }>()
  const queues = all.slice(0, -1)
  t.strictSame(all.at(-1), { event: 'UNKNOWN', name: 'mine_unknown.fifo', url: null }, 'created with its first event')
  t.equal(queues.length, server.eventLog.catalogue.all.length, 'all events, each its queue')
  t.notOk(
    queues.some(({ event }) => event === 'CREDS_UPDATE'),
    'but the one with secrets'
  )
  for (const { event, name, url } of queues) {
    t.match(sqs.server.inspectQueue(name)?.attributes, {
      FifoQueue: 'true',
      DeduplicationScope: 'messageGroup',
      FifoThroughputLimit: 'perMessageGroupId'
    })
    const { Tags } = await sqs.client.send(new ListQueueTagsCommand({ QueueUrl: url }))
    t.same(Tags, { 'managed-by': 'fastify-instance-events', instance: 'mine', event })
  }
})

t.test('find returns null without a selection; set leaves out obsolete event keys with a note', async (t) => {
  const server = await build(t, { sqs: false })
  await server.eventLog.instances.create({ name: 'mine', token: 'token-of-mine' })
  for (const transport of ['sqs', 'websocket']) {
    const found = await server.inject({ url: `/${transport}/find/mine`, headers })
    t.equal(found.statusCode, 200)
    t.equal(found.json(), null)
  }
  const payload = { enabled: true, events: ['GROUP_UPDATE', 'NEW_JWT_TOKEN', 'call'] }
  const reply = await server.inject({ method: 'POST', url: '/websocket/set/mine', headers, payload })
  const events = ['GROUPS_UPDATE', 'CALL', 'GROUP_UPDATE']
  t.match(
    reply.json(),
    { events, notes: [/NEW_JWT_TOKEN/] },
    'a key of older clients is shown beside the one that it leads to'
  )
  t.match((await server.inject({ url: '/websocket/find/mine', headers })).json(), { events })
  t.same(server.websocket.find('mine')?.events, ['GROUPS_UPDATE', 'CALL'])
})

t.test(
  'a selection that is switched off keeps its list and sends nothing, until it is switched on again',
  async (t) => {
    const sqs = await startSqs(t)
    const server = await build(t, { sqs: sqs.options })
    const set = async (payload: object) =>
      (await server.inject({ method: 'POST', url: '/sqs/set/mine', headers, payload })).json<{
        id: string
        events: string[]
      }>()
    const first = await set({ enabled: true, events: ['CALL'] })
    t.match(await set({ enabled: false }), { id: first.id, enabled: false, events: ['CALL'], queues: [] })
    await server.onInstanceEvent({ instance: 'mine', event: 'call', data: 'off' })
    t.match(await set({ enabled: true }), {
      id: first.id,
      enabled: true,
      events: ['CALL'],
      queues: [{ event: 'CALL' }]
    })
    await server.onInstanceEvent({ instance: 'mine', event: 'call', data: 'on' })

    t.match(await sqs.bodies('mine_call.fifo', 1), [{ data: 'on' }])
    t.equal(sqs.depth('mine_call.fifo'), 0)
  }
)

t.test('with deleteUnusedQueues, unused queues are deleted if they are empty and managed by this server', async (t) => {
  const sqs = await startSqs(t)
  sqs.server.createQueue('mine_call.fifo', { attributes: { FifoQueue: 'true' } })
  const server = await build(t, { sqs: { ...sqs.options, deleteUnusedQueues: true, deleteUnusedAfterMs: 0 } })
  await server.sqs.set('mine', { enabled: true, events: ['CALL', 'PRESENCE_UPDATE', 'LABELS_EDIT'] })
  await server.onInstanceEvent({ instance: 'mine', event: 'labels.edit', data: 1 })
  await sqs.receive('mine_labels_edit.fifo', 1)
  await server.onInstanceEvent({ instance: 'mine', event: 'labels.edit', data: 2 })
  await until(() => sqs.depth('mine_labels_edit.fifo') === 1)

  await server.inject({ method: 'DELETE', url: '/instance/delete/mine', headers })
  await until(() => sqs.depth('mine_presence_update.fifo') === undefined)

  t.equal(sqs.depth('mine_call.fifo'), 0, 'not ours')
  t.equal(sqs.depth('mine_labels_edit.fifo'), 1, 'not empty')
})

t.test('a queue with pending deliveries is not deleted', async (t) => {
  const sqs = await startSqs(t)
  const proxy = await startFaultProxy(t, sqs.options.endpoint)
  const server = await build(t, {
    sqs: { ...sqs.options, endpoint: proxy.endpoint, deleteUnusedQueues: true, deleteUnusedAfterMs: 0 }
  })
  await server.sqs.set('mine', { enabled: true, events: ['CALL', 'LABELS_EDIT'] })
  proxy.decide = ({ action }) => (action === 'SendMessageBatch' ? 'reset' : undefined)
  await server.onInstanceEvent({ instance: 'mine', event: 'call', data: 1 })
  await server.sqs.set('mine', { enabled: true, events: ['PRESENCE_UPDATE'] })
  await until(() => sqs.depth('mine_labels_edit.fifo') === undefined)
  proxy.decide = () => undefined
  t.match(await sqs.bodies('mine_call.fifo', 1), [{ data: 1 }])
  t.notOk(proxy.calls.some(({ action, body }) => action === 'DeleteQueue' && String(body.QueueUrl).includes('call')))
})

t.test('with autoRegister off, set replies 404 for an unknown instance', async (t) => {
  const server = await build(t, { eventLog: { autoRegister: false } })
  const requests = [
    { url: '/sqs/set/mine', payload: { enabled: true, events: ['CALL'] } },
    { url: '/websocket/set/mine', payload: { enabled: true } },
    { url: '/events/mine', payload: { event: 'call', data: 1 } },
    { url: '/webhook/evolution', payload: { instance: 'mine', event: 'call' } }
  ]
  for (const request of requests) {
    const reply = await server.inject({ method: 'POST', headers, ...request })
    t.equal(reply.statusCode, 404, request.url)
    t.match(reply.json(), { code: 'IEV_INSTANCE_NOT_FOUND' })
  }
  await server.eventLog.instances.create({ name: 'mine', token: 'token-of-mine' })
  for (const request of requests) {
    t.ok((await server.inject({ method: 'POST', headers, ...request })).statusCode < 300, request.url)
  }
})
