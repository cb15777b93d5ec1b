import { ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import t from 'tap'
import { QueueProvisioner } from '../../lib/sqs/provisioner.ts'
import { callsOf, FIFO, log, SALES_CALL, startProvisioner as start } from '../support/provisioner.ts'

t.test('an unused queue is deleted if it is ours and empty', async (t) => {
  const { provisioner, server, client } = await start(t)
  const { name } = SALES_CALL
  await provisioner.ensure(SALES_CALL)
  t.equal(await provisioner.deleteUnused(name), true)
  t.equal(server.inspectQueue(name), undefined)
  t.equal(provisioner.url(name), undefined)
  t.equal(await provisioner.deleteUnused(name), false, 'it is gone')

  await provisioner.ensure(SALES_CALL)
  t.equal(
    await new QueueProvisioner({ calls: callsOf(client), type: 'fifo', log }).deleteUnused(name),
    true,
    'also one of an earlier run'
  )
})

t.test('a queue that is not ours, or not empty, is not deleted as unused', async (t) => {
  const { provisioner, server, receive } = await start(t)
  server.createQueue('theirs.fifo', { attributes: FIFO, tags: { 'managed-by': 'terraform', instance: 'sales' } })
  t.equal(await provisioner.deleteUnused('theirs.fifo'), false)
  server.createQueue('bare.fifo', { attributes: FIFO })
  t.equal(await provisioner.deleteUnused('bare.fifo'), false)
  await provisioner.ensure(SALES_CALL)
  server.sendMessage(SALES_CALL.name, 'waits', { messageGroupId: 'a', messageDeduplicationId: 'a' })
  t.equal(await provisioner.deleteUnused(SALES_CALL.name), false)
  for (const name of ['theirs.fifo', 'bare.fifo', SALES_CALL.name]) t.ok(server.inspectQueue(name), name)
  await receive(SALES_CALL.name, 1)
  t.equal(await provisioner.deleteUnused(SALES_CALL.name), true, 'once it was emptied')
})

t.test('a queue whose messages are in flight or delayed is not deleted as unused', async (t) => {
  const { provisioner, server, client } = await start(t, { type: 'standard' })
  const names = ['in-flight', 'delayed']
  const [inFlight = ''] = await Promise.all(names.map((name) => provisioner.ensure({ name })))
  server.sendMessage('in-flight', 'a worker has it')
  await client.send(new ReceiveMessageCommand({ QueueUrl: inFlight }))
  server.sendMessage('delayed', 'comes later', { delaySeconds: 600 })
  const deleted = await Promise.all(names.map((name) => provisioner.deleteUnused(name)))
  t.strictSame(deleted, [false, false])
  t.strictSame(
    names.filter((name) => server.inspectQueue(name)),
    names
  )
})

t.test('a deletion that fails does not throw, and the queue stays', async (t) => {
  const { provisioner, server, fail } = await start(t)
  await provisioner.ensure(SALES_CALL)
  fail('DeleteQueue', 'AccessDenied')
  t.equal(await provisioner.deleteUnused(SALES_CALL.name), false)
  t.ok(server.inspectQueue(SALES_CALL.name))
})
