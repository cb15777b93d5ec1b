import t, { type Test } from 'tap'
import { API_KEY, build } from '../support/build.ts'
import { startSqs } from '../support/sqs.ts'
import type { SqsGlobalOptions } from '../../app.ts'

const headers = { apikey: API_KEY }

async function start(t: Test, global: SqsGlobalOptions | false) {
  const sqs = await startSqs(t)
  const server = await build(t, { sqs: { ...sqs.options, global } })
  const emit = (instance: string, event: string, data: unknown) =>
    server.eventLog.accept({ instance, event, data }, { unlisted: true })
  const set = async (payload: object) => {
    const reply = await server.inject({ method: 'POST', url: '/sqs/set/sales', headers, payload })
    return reply.json<{ queues: { name: string }[]; alsoSentTo?: string[] }>()
  }
  /** What `GET /sqs/queues/:instance` says. */
  const alsoSentTo = async () =>
    (await server.inject({ url: '/sqs/queues/sales', headers })).json<{ alsoSentTo: string[] }>().alsoSentTo
  const dataUntil = async (queue: string, count: number) => (await sqs.bodies(queue, count)).map(({ data }) => data)
  return { server, sqs, emit, set, alsoSentTo, dataUntil }
}

t.test('an event of a selection goes to the shared queue, too, and set and the list of queues say so', async (t) => {
  const { emit, set, alsoSentTo, dataUntil } = await start(t, { events: ['CALL', 'LABELS_EDIT'] })
  t.match(await set({ enabled: true, events: ['CALL', 'PRESENCE_UPDATE'] }), {
    queues: [{ name: 'sales_call.fifo' }, { name: 'sales_presence_update.fifo' }],
    alsoSentTo: ['global_call.fifo']
  })
  t.strictSame(await alsoSentTo(), ['global_call.fifo'])
  await emit('sales', 'call', 'both')
  t.strictSame(await dataUntil('sales_call.fifo', 1), ['both'])
  t.strictSame(await dataUntil('global_call.fifo', 1), ['both'])
  t.notOk('alsoSentTo' in (await set({ enabled: true, events: ['PRESENCE_UPDATE'] })), 'it has no shared queue')
  t.notOk('alsoSentTo' in (await set({ enabled: false, events: ['CALL'] })), 'it has no own queue')
  t.strictSame(await alsoSentTo(), [])
  t.strictSame((await set({ enabled: true, events: [] })).alsoSentTo, ['global_labels_edit.fifo', 'global_call.fifo'])
})

t.test('a single shared queue is named once', async (t) => {
  const { set } = await start(t, { singleQueue: true })
  t.strictSame((await set({ enabled: true, events: ['CALL', 'LABELS_EDIT'] })).alsoSentTo, ['global_singlequeue.fifo'])
  const without = await start(t, false)
  t.notOk('alsoSentTo' in (await without.set({ enabled: true, events: ['CALL'] })))
})

t.test(
  'with unlessOwn, an event goes to the shared queue if the selection of its instance does not deliver it',
  async (t) => {
    const { server, sqs, emit, set, alsoSentTo, dataUntil } = await start(t, { unlessOwn: true })
    const selection = { enabled: true, events: ['CALL'], filter: { kind: ['wanted'] } }
    t.notOk('alsoSentTo' in (await set(selection)))
    t.strictSame(await alsoSentTo(), [])
    t.match((await server.inject({ url: '/server', headers })).json(), { sqs: { global: { unlessOwn: true } } })

    await emit('sales', 'call', { kind: 'wanted' })
    await emit('sales', 'call', { kind: 'filtered' })
    await emit('sales', 'labels.edit', 'not selected')
    await emit('other', 'call', 'of an instance without a selection')
    t.strictSame(await dataUntil('sales_call.fifo', 1), [{ kind: 'wanted' }])
    t.strictSame(await dataUntil('global_call.fifo', 2), [{ kind: 'filtered' }, 'of an instance without a selection'])
    t.strictSame(await dataUntil('global_labels_edit.fifo', 1), ['not selected'])

    await set({ enabled: true, events: [], filter: null })
    await emit('sales', 'messages.starred', 'not in the catalogue')
    t.strictSame(await dataUntil('sales_unknown.fifo', 1), ['not in the catalogue'])
    await set({ enabled: false })
    await emit('sales', 'call', 'switched off')
    await emit('sales', 'messages.starred', 'switched off')
    t.strictSame(await dataUntil('global_unknown.fifo', 1), ['switched off'])
    t.strictSame(await dataUntil('global_call.fifo', 1), ['switched off'])
    t.equal(sqs.depth('sales_call.fifo'), 0)
  }
)
