import { ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import t, { type Test } from 'tap'
import { QueueProvisioner } from '../../lib/sqs/provisioner.ts'
import { UnusedQueues, type UnusedQueuesOptions } from '../../lib/sqs/unused-queues.ts'
import type { DeadLetterGroups } from '../../lib/store/dead-letter-store.ts'
import type { PendingShare } from '../../lib/store/delivery-store.ts'
import { LocalQueueDeletions } from '../../lib/store/local-queue-deletions.ts'
import { callsOf, FIFO, log, SALES_CALL, startProvisioner as start } from '../support/provisioner.ts'
import { soon, until } from '../support/until.ts'

const { name: QUEUE, instance: INSTANCE } = SALES_CALL

class InterruptedDeletions extends LocalQueueDeletions {
  /** Runs after an announcement. */
  meanwhile = async () => {}

  override async announce(names: readonly string[], id: string): Promise<void> {
    await super.announce(names, id)
    await this.meanwhile()
  }
}

/** Unused queues, beside the queue of `SALES_CALL`. `run` has it deleted; `between` runs between the two times at which it is looked at. */
async function startUnused(t: Test, options: Partial<UnusedQueuesOptions> = {}) {
  const sqs = await start(t)
  const state = { pending: [] as string[], dead: [] as string[], needed: [] as string[] }
  const deletions = new InterruptedDeletions()
  const unused = new UnusedQueues({
    provisioner: sqs.provisioner,
    deletions,
    deliveries: {
      shares: async () => ({
        byQueue: new Map(state.pending.map((queue): [string, PendingShare] => [queue, { pending: 1, oldest: 1 }])),
        byInstance: new Map()
      })
    },
    deadLetters: {
      groups: async () => ({ queues: state.dead.map((name) => ({ name, count: 1 })) }) as unknown as DeadLetterGroups
    },
    afterMs: 0,
    settleMs: 0,
    log,
    ...options
  })
  t.after(() => unused.close())
  await sqs.provisioner.ensure(SALES_CALL)
  return {
    ...sqs,
    unused,
    state,
    exists: () => sqs.server.inspectQueue(QUEUE) !== undefined,
    run: async (between: () => Promise<void> = async () => {}) => {
      deletions.meanwhile = between
      await unused.delete({ instance: INSTANCE, queues: [QUEUE], needed: () => new Set(state.needed) })
    }
  }
}

t.test('a queue that is unused twice is deleted, and can be created again', async (t) => {
  const { run, exists, unused, provisioner } = await startUnused(t)
  await run()
  t.notOk(exists())
  await unused.keep([QUEUE])
  await provisioner.ensure(SALES_CALL)
  t.ok(exists())
})

t.test(
  'a queue that has a pending delivery, a dead letter or a message, at first or later, is not deleted',
  async (t) => {
    const { run, exists, state, server, receive } = await startUnused(t)
    for (const list of [state.pending, state.dead]) {
      list.push(QUEUE)
      await run(async () => void t.fail('it is in use from the beginning'))
      list.pop()
      await run(async () => void list.push(QUEUE))
      list.pop()
    }
    const send = async () => void server.sendMessage(QUEUE, 'a', { messageGroupId: 'a', messageDeduplicationId: 'a' })
    await run(send)
    await run(async () => void t.fail('it has a message'))
    await receive(QUEUE, 1)
    t.ok(exists())
    await run()
    t.notOk(exists(), 'once nothing needs it')
  }
)

t.test('a queue that is selected again before it is deleted is kept', async (t) => {
  const { run, exists, state, unused } = await startUnused(t)
  await run(async () => void state.needed.push(QUEUE))
  t.ok(exists(), 'by a selection that this node knows')
  await unused.keep([QUEUE])
  state.needed.pop()
  await run(() => unused.keep([QUEUE]))
  t.ok(exists(), 'by a selection that is about to be stored')
})

t.test('a queue that has just been deleted cannot be selected for a while', async (t) => {
  const busy = { code: 'IEV_SQS_QUEUE_UNAVAILABLE', message: /sales_call\.fifo .*QueueDeletedRecently/ }
  const { run, exists, unused } = await startUnused(t, { settleMs: 600_000 })
  await run()
  t.notOk(exists())
  unused.close()
  await t.rejects(unused.keep([QUEUE]), busy, 'also when the server that deleted it has stopped')
  const short = await startUnused(t, { settleMs: 1 })
  await short.run()
  await until(() =>
    short.unused.keep([QUEUE]).then(
      () => true,
      () => false
    )
  )
})

t.test('a queue that is kept is asked for anew, since another node may have deleted it', async (t) => {
  const { unused, provisioner } = await startUnused(t)
  t.ok(provisioner.url(QUEUE))
  await unused.keep([QUEUE])
  t.equal(provisioner.url(QUEUE), undefined)
})

t.test('a deletion does not throw without a store or a queue, and ends when the server closes', async (t) => {
  const { run, exists, fail, heal, unused } = await startUnused(t, { afterMs: 600_000 })
  fail('ListQueueTags', 'AccessDenied')
  await run()
  heal()
  const waits = Promise.withResolvers<void>()
  const done = run(async () => waits.resolve())
  await waits.promise
  unused.close()
  await soon(done, 'the end of the deletion')
  t.ok(exists())

  const away = await startUnused(t, { deliveries: { shares: () => Promise.reject(new Error('away')) } })
  await away.run()
  t.ok(away.exists())
})

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
