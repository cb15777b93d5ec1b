import t from 'tap'
import { API_KEY, build } from '../support/build.ts'
import { startSqs } from '../support/sqs.ts'
import { until } from '../support/until.ts'
import sqsPlugin from '../../plugins/sqs.ts'
import { bare } from '../support/build.ts'

const headers = { apikey: API_KEY }

t.test('an existing queue with other attributes is used, never changed, and named', async (t) => {
  const sqs = await startSqs(t)
  const attributes = { FifoQueue: 'true', DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' }
  for (const name of ['global_call.fifo', 'sales_call.fifo']) sqs.server.createQueue(name, { attributes })
  const server = await build(t, {
    sqs: {
      ...sqs.options,
      global: { events: ['CALL', 'LABELS_EDIT'] },
      queueAttributes: {
        all: { tags: { team: 'hub' } },
        shared: { messageRetentionSeconds: 600 },
        own: { delaySeconds: 1 }
      }
    }
  })
  const get = async <T>(url: string) => (await server.inject({ url, headers })).json<T>()
  const retention = { name: 'MessageRetentionPeriod', value: '345600', expected: '600' }
  const delay = { name: 'DelaySeconds', value: '0', expected: '1' }
  await until(async () => (await get<{ differingQueues: { count: number } }>('/overview')).differingQueues.count === 1)
  const payload = { enabled: true, events: ['CALL', 'LABELS_EDIT'] }
  const set = await server.inject({ method: 'POST', url: '/sqs/set/sales', headers, payload })
  const queues = [{ name: 'sales_call.fifo', otherAttributes: [delay] }, { name: 'sales_labels_edit.fifo' }]
  t.match(set.json(), { queues })
  t.match(await get('/sqs/queues/sales'), { queues })
  t.notOk('otherAttributes' in (set.json<{ queues: object[] }>().queues[1] ?? {}), 'a new queue')
  t.match(await get('/overview'), {
    differingQueues: {
      count: 2,
      queues: [
        { name: 'global_call.fifo', otherAttributes: [retention] },
        { name: 'sales_call.fifo', otherAttributes: [delay] }
      ]
    },
    faults: []
  })
  t.match((await server.inject('/metrics')).body, /^iev_sqs_differing_queues 2$/m)
  t.match(sqs.server.inspectQueue('global_call.fifo')?.attributes, { MessageRetentionPeriod: '345600' })
  t.match(sqs.server.inspectQueue('sales_labels_edit.fifo')?.attributes, {
    DelaySeconds: '1',
    MessageRetentionPeriod: '345600'
  })
  t.match(sqs.server.inspectQueue('global_labels_edit.fifo')?.attributes, { MessageRetentionPeriod: '600' })
  await server.onInstanceEvent({ instance: 'other', event: 'call', data: 'used' })
  t.match(await sqs.bodies('global_call.fifo', 1), [{ data: 'used' }])

  const { differingQueues } = await (
    await build(t, { sqs: false })
  )
    .inject({ url: '/overview', headers })
    .then((reply) => reply.json<{ differingQueues: object }>())
  t.strictSame(differingQueues, { count: 0, queues: [] })
})

t.test('attributes that SQS refuses end the start', async (t) => {
  const faults: [object, RegExp][] = [
    [
      { all: { messageRetentionSeconds: 59 } },
      /sqs plugin: queueAttributes\.all\.messageRetentionSeconds: Expected integer to be greater or equal to 60/
    ],
    [
      { own: { visibilityTimeoutSeconds: 43_201 } },
      /own\.visibilityTimeoutSeconds: Expected integer to be less or equal to 43200/
    ],
    [{ shared: { delaySeconds: 901 } }, /shared\.delaySeconds: Expected integer to be less or equal to 900/],
    [{ all: { kmsKeyId: 'my key' } }, /all\.kmsKeyId: Expected string to match/],
    [{ all: { tags: { a: 1 } } }, /all\.tags\.a: Expected string/],
    [{ all: { retention: 60 } }, /all\.retention is not an option; the options are messageRetentionSeconds,/],
    [{ both: {} }, /queueAttributes\.both is not an option; the options are all, shared, own, deadLetter/],
    [{ all: { tags: { instance: 'x' } } }, /all\.tags: the tag "instance" is set by this server/]
  ]
  for (const [queueAttributes, message] of faults)
    await t.rejects(
      Promise.resolve(bare(t).register(sqsPlugin, { eventLog: { url: ':memory:' }, region: 'x', queueAttributes })),
      { code: 'IEV_OPTIONS_INVALID', message }
    )
})
