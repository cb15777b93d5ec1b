import { readdirSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { GetQueueAttributesCommand, GetQueueUrlCommand, type QueueAttributeName } from '@aws-sdk/client-sqs'
import t from 'tap'
import { API_KEY, listen } from '../support/build.ts'
import { execute, readWorkflow } from '../support/n8n.ts'
import { startSqs } from '../support/sqs.ts'
import { soonOnce, until } from '../support/until.ts'

const FILES = readdirSync(new URL('../../examples/n8n/', import.meta.url))
/** Types of nodes with the versions that n8n 1 and 2 have. */
const NODES = new Map([
  ['n8n-nodes-base.stickyNote', 1],
  ['n8n-nodes-base.scheduleTrigger', 1.2],
  ['n8n-nodes-base.set', 3.4],
  ['n8n-nodes-base.code', 2],
  ['n8n-nodes-base.httpRequest', 4.2],
  ['n8n-nodes-base.splitInBatches', 3],
  ['n8n-nodes-base.noOp', 1]
])

t.test('workflows have known nodes, all connected, and name nodes that exist', async (t) => {
  const faults = FILES.flatMap((file) => {
    const { nodes, connections } = readWorkflow(file)
    const names = nodes.map(({ name }) => name)
    const targets = Object.values(connections).flatMap(({ main }) => main.flat())
    const mentioned = [...JSON.stringify(nodes).matchAll(/\$\('([^']+)'\)/g)].map(([, name = '']) => name)
    const unconnected = nodes.filter(
      ({ name, type }) => !/stickyNote|Trigger$/.test(type) && !targets.some(({ node }) => node === name)
    )
    return [
      ...nodes.filter(({ type, typeVersion }) => NODES.get(type) !== typeVersion),
      ...[...Object.keys(connections), ...targets.map(({ node }) => node), ...mentioned].filter(
        (name) => !names.includes(name)
      ),
      ...targets.filter(({ type, index }) => type !== 'main' || index !== 0),
      ...names.filter((name, index) => names.indexOf(name) !== index),
      ...unconnected
    ].map((fault) => ({ file, fault }))
  })
  t.same(FILES.sort(), ['follow-log.json', 'sqs-queue.json'])
  t.same(faults, [])
})

t.test('sqs-queue deletes what is done, and leaves a failure with what is behind it', async (t) => {
  const sqs = await startSqs(t)
  const { app } = await listen(t, { sqs: { ...sqs.options, global: { events: ['CALL'] } } })
  const queue = 'global_call.fifo'
  const instances = ['a', 'b', 'c', 'd']
  for (const instance of instances) await app.onInstanceEvent({ instance, event: 'call', data: null })
  await until(() => sqs.depth(queue) === instances.length)
  const { QueueUrl = '' } = await sqs.client.send(new GetQueueUrlCommand({ QueueName: queue }))

  const done: unknown[] = []
  const execution = execute(readWorkflow('sqs-queue.json'), {
    settings: { endpoint: sqs.options.endpoint, queueUrl: QueueUrl },
    work: ({ instance }) => {
      if (instance === 'c') throw new Error('not now')
      done.push(instance)
    }
  })
  await t.rejects(execution, { message: 'not now' })
  t.same(done, ['a', 'b'])
  const AttributeNames: QueueAttributeName[] = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible']
  const { Attributes } = await sqs.client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }))
  t.same(Attributes, { ApproximateNumberOfMessages: '0', ApproximateNumberOfMessagesNotVisible: '2' })
})

t.test('follow-log goes on after the last event that was done', async (t) => {
  const { app, url } = await listen(t, { sqs: false })
  await app.websocket.set('sales / 1', { enabled: true })
  const emit = (data: string) => app.onInstanceEvent({ instance: 'sales / 1', event: 'messages.upsert', data })
  for (const data of ['one', 'two']) await emit(data)

  const workflow = readWorkflow('follow-log.json')
  const done: unknown[] = []
  const run = {
    settings: { url, instance: 'sales / 1' },
    headers: { apikey: API_KEY },
    staticData: {},
    work: ({ offset, data }: Record<string, unknown>) => void done.push([offset, data])
  }
  await execute(workflow, run)
  const request = soonOnce(app.server, 'request')
  const waiting = execute(workflow, run)
  const [{ url: path }] = (await request) as [IncomingMessage]
  t.equal(path, '/events/sales%20%2F%201?after=2&wait=25')
  await emit('three')
  await waiting
  t.same(done, [
    [1, 'one'],
    [2, 'two'],
    [3, 'three']
  ])

  await emit('four')
  const work = () => {
    throw new Error('not now')
  }
  await t.rejects(execute(workflow, { ...run, work }), { message: 'not now' })
  t.same(run.staticData, { after: 3 })
})
