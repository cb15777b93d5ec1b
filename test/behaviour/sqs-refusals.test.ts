import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { SqliteStore } from '../../lib/store/sqlite/store.ts'
import { build, folder } from '../support/build.ts'
import { holdAcknowledgements } from '../support/held-calls.ts'
import { startProxiedSqs } from '../support/proxied-sqs.ts'
import { soon, until } from '../support/until.ts'

// Each test has a server of its own, and mostly waits.
t.jobs = 4

t.test('an entry that SQS refuses is tried again; its neighbours of other instances go on', async (t) => {
  const { sqs, proxy, options } = await startProxiedSqs(t)
  const server = await build(t, { sqs: { ...options, global: { events: ['CALL'] } } })
  let refusals = 2
  server.sqs.client.middlewareStack.add(
    (next, context) => async (args) => {
      const { input } = args as { input: { Entries?: { Id: string; MessageBody: string }[] } }
      if (context.commandName !== 'SendMessageBatchCommand' || refusals === 0) return next(args)
      const bad = input.Entries?.find(({ MessageBody }) => MessageBody.includes('"unlucky"'))
      if (!bad || input.Entries?.length === 1) return next(args)
      refusals--
      const Entries = input.Entries?.filter((entry) => entry !== bad)
      const answer = await next({ ...args, input: { ...input, Entries } } as typeof args)
      const output = answer.output as { Failed?: unknown[] }
      output.Failed = [{ Id: bad.Id, Code: 'InternalError', Message: 'try again', SenderFault: false }]
      return answer
    },
    { step: 'initialize' }
  )

  await Promise.all(
    ['lucky', 'unlucky', 'happy'].map((instance) => server.onInstanceEvent({ instance, event: 'call', data: 1 }))
  )

  const bodies = await sqs.bodies('global_call.fifo', 3)
  t.same(bodies.map(({ instance }) => instance).sort(), ['happy', 'lucky', 'unlucky'])
  t.equal(refusals, 1, 'it was refused once')
  t.ok(proxy.calls.some(({ action }) => action === 'SendMessageBatch'))
})

t.test(
  'an event that SQS refuses permanently becomes a dead letter after some tries, and later events are sent',
  async (t) => {
    const { sqs, proxy, options } = await startProxiedSqs(t)
    const server = await build(t, {
      sqs: { ...options, global: { events: ['CALL', 'PRESENCE_UPDATE'] }, maxAttempts: 3 }
    })
    const { store } = server.eventLog
    proxy.decide = ({ action, body }) =>
      action === 'SendMessageBatch' && JSON.stringify(body.Entries).includes('dies')
        ? { status: 403, code: 'AccessDenied', message: 'not yours' }
        : undefined
    await server.onInstanceEvent({ instance: 'mine', event: 'call', data: 'dies' })
    await server.onInstanceEvent({ instance: 'mine', event: 'presence.update', data: 'another queue' })
    t.match(await sqs.bodies('global_presence_update.fifo', 1), [{ data: 'another queue' }])
    await until(async () => (await store.deadLetters.read({ after: 0, limit: 10 })).length !== 0)
    t.match(await store.deadLetters.read({ after: 0, limit: 10 }), [
      { offset: 1, queue: 'global_call.fifo', reason: 'AccessDenied', message: 'not yours', attempts: 3 }
    ])
    await server.onInstanceEvent({ instance: 'mine', event: 'call', data: 'lives' })
    t.match(await sqs.bodies('global_call.fifo', 1), [{ data: 'lives' }])
    await until(() => store.deliveries.pendingCount() === 0)
  }
)

t.test('of a call that is refused because of one entry, only that one becomes a dead letter', async (t) => {
  const { sqs, proxy, options } = await startProxiedSqs(t)
  const server = await build(t, { sqs: { ...options, global: { events: ['CALL'] }, maxAttempts: 2 } })
  proxy.decide = ({ action, body }) =>
    action === 'SendMessageBatch' && JSON.stringify(body.Entries).includes('evil')
      ? { status: 400, code: 'InvalidParameterValue', message: 'not like this' }
      : undefined
  const instances = ['a', 'b', 'c', 'evil', 'd', 'e']
  await server.eventLog.accept(instances.map((instance) => ({ instance, event: 'call', data: 1 })))
  const bodies = await sqs.bodies('global_call.fifo', 5)
  t.same(bodies.map(({ instance }) => instance).sort(), ['a', 'b', 'c', 'd', 'e'])
  const { store } = server.eventLog
  await until(async () => (await store.deadLetters.count()).count !== 0)
  t.match(await store.deadLetters.read({ after: 0, limit: 10 }), [
    { instance: 'evil', reason: 'InvalidParameterValue', attempts: 2 }
  ])
})

t.test('an entry that SQS refuses permanently becomes a dead letter alone', async (t) => {
  const { sqs, options } = await startProxiedSqs(t)
  const server = await build(t, { sqs: { ...options, global: { events: ['CALL'] }, maxAttempts: 2 } })
  server.sqs.client.middlewareStack.add(
    (next, context) => async (args) => {
      const { input } = args as { input: { Entries?: { Id: string; MessageBody: string }[] } }
      if (context.commandName !== 'SendMessageBatchCommand') return next(args)
      const bad = input.Entries?.filter(({ MessageBody }) => MessageBody.includes('"data":"bad ')) ?? []
      const Entries = input.Entries?.filter((entry) => !bad.includes(entry)) ?? []
      const answer =
        Entries.length > 0
          ? await next({ ...args, input: { ...input, Entries } } as typeof args)
          : { output: { $metadata: {} }, response: {} }
      const output = answer.output as { Failed?: unknown[] }
      output.Failed = bad.map(({ Id }) => ({ Id, Code: 'InvalidMessageContents', SenderFault: true }))
      return answer
    },
    { step: 'initialize' }
  )
  await server.eventLog.accept(
    ['good', 'bad 1', 'bad 2', 'fine'].map((data) => ({ instance: 'mine', event: 'call', data }))
  )
  t.match(await sqs.bodies('global_call.fifo', 2), [{ data: 'good' }, { data: 'fine' }])
  const { store } = server.eventLog
  await until(async () => (await store.deadLetters.read({ after: 0, limit: 10 })).length >= 2)
  t.match(await store.deadLetters.read({ after: 0, limit: 10 }), [
    { offset: 2, reason: 'InvalidMessageContents', message: 'InvalidMessageContents', attempts: 2 },
    { offset: 3, attempts: 2 }
  ])
})

t.test('an entry that SQS’s answer does not name is tried again', async (t) => {
  const { sqs, proxy, options } = await startProxiedSqs(t)
  const server = await build(t, { sqs: { ...options, global: { events: ['CALL'] } } })
  let partial = 1
  proxy.decide = ({ action }) =>
    action === 'SendMessageBatch' && partial-- > 0
      ? { foreign: 200, type: 'application/json', body: '{"Successful":[{"Id":"0","MessageId":"x"}]}' }
      : undefined
  await server.eventLog.accept(['a', 'b'].map((instance) => ({ instance, event: 'call', data: 1 })))
  t.match(await sqs.bodies('global_call.fifo', 1), [{ instance: 'b' }])
})

t.test('an entry that SQS’s answer leaves out is tried again', async (t) => {
  const { sqs, proxy, options } = await startProxiedSqs(t)
  const server = await build(t, { sqs: { ...options, global: { events: ['CALL'] } } })
  let silent = 1
  proxy.decide = ({ action }) =>
    action === 'SendMessageBatch' && silent-- > 0 ? { status: 200, code: 'Nothing' } : undefined
  await server.onInstanceEvent({ instance: 'mine', event: 'call', data: 1 })
  t.match(await sqs.bodies('global_call.fifo', 1), [{ data: 1 }])
  t.ok(silent < 0)
})

t.test('an event that failed alone is retried alone: no later event is accepted before it', async (t) => {
  const { sqs, proxy, options } = await startProxiedSqs(t)
  const server = await build(t, { sqs: { ...options, global: { events: ['CALL'] } } })
  const sizes: number[] = []
  proxy.decide = ({ action, body }) => {
    if (action !== 'SendMessageBatch') return undefined
    const entries = body.Entries as { Id: string }[]
    sizes.push(entries.length)
    // All of the first, then the first of what comes: those behind it must not overtake it.
    if (sizes.length > 3) return undefined
    const refused = sizes.length === 1 ? entries : entries.slice(0, 1)
    return { refuse: refused.map(({ Id }) => ({ Id, Code: 'InternalError', SenderFault: false })) }
  }
  const numbers = Array.from({ length: 10 }, (_, n) => n)
  await server.eventLog.accept(numbers.map((data) => ({ instance: 'mine', event: 'call', data })))
  t.same(
    (await sqs.bodies('global_call.fifo', 10)).map(({ data }) => data),
    numbers
  )
  t.same(sizes.slice(0, 4), [10, 1, 1, 1])
})

t.test('a message that is too large becomes a dead letter, and later events are sent', async (t) => {
  const { sqs, options } = await startProxiedSqs(t)
  const server = await build(t, { sqs: { ...options, global: { events: ['CALL'] }, maxPayloadBytes: 2_048 } })
  const { deliveries } = server.eventLog.store
  const buried = new Promise<void>((resolve) => {
    const { bury } = deliveries
    deliveries.bury = (...args) => bury.apply(deliveries, args).finally(resolve)
  })
  const accept = (data: string) => server.onInstanceEvent({ instance: 'mine', event: 'call', data })
  await Promise.all([accept('before'), accept('x'.repeat(3_000)), accept('after')])

  t.match(await sqs.bodies('global_call.fifo', 2), [{ data: 'before' }, { data: 'after' }])
  await soon(buried, 'a dead letter')
  t.match(await server.eventLog.store.deadLetters.read({ after: 0, limit: 10 }), [
    {
      queue: 'global_call.fifo',
      instance: 'mine',
      offset: 2,
      reason: 'IEV_SQS_PAYLOAD_TOO_LARGE',
      message: /limit is 2048/
    }
  ])
  await until(() => server.eventLog.store.deliveries.pendingCount() === 0)
})

for (const stored of [true, false]) {
  t.test(
    `killed ${stored ? 'after' : 'before'} it is stored that SQS took events behind a refused one: ${
      stored ? 'they are not sent again' : 'they are sent again under their deduplication ids'
    }`,
    async (t) => {
      const path = join(folder(t), 'events.db')
      const store = new SqliteStore({ path })
      t.after(() => store.close())
      const taken = recordingClient()
      const held = holdAcknowledgements(store)
      const first = await build(t, { eventLog: { store }, sqs: { client: taken.client, global: { events: ['CALL'] } } })
      const events = ['bad', 1, 2, 3].map((data) => ({ instance: 'mine', event: 'call', data }))
      await first.eventLog.accept(events)
      await soon(held.asked, 'an acknowledgement')
      t.strictSame(taken.calls[0]?.bodies, ['bad', 1, 2, 3], 'one batch, of which the first is refused')
      if (stored) {
        held.release()
        await until(() => store.deliveries.pendingCount() === 1)
      }
      // What a process leaves behind that is killed now.
      for (const suffix of ['', '-wal']) copyFileSync(path + suffix, `${path}.killed${suffix}`)

      const after = new SqliteStore({ path: `${path}.killed` })
      t.after(() => after.close())
      t.equal(after.deliveries.pendingCount(), stored ? 1 : 4)
      const again = recordingClient()
      await build(t, {
        eventLog: { store: after },
        sqs: { client: again.client, maxAttempts: 2, global: { events: ['CALL'] } }
      })
      await until(() => after.deliveries.pendingCount() === 0)
      t.match(await after.deadLetters.read({ after: 0, limit: 10 }), [
        { offset: 1, reason: 'InvalidMessageContents', attempts: 2 }
      ])
      t.equal((await after.deadLetters.count()).count, 1)
      const sent = again.calls.flatMap(({ bodies }) => bodies)
      t.strictSame(sent.filter((data) => data !== 'bad').sort(), stored ? [] : [1, 2, 3])
      const ids = (calls: typeof taken.calls) => new Set(calls.flatMap(({ ids }) => ids))
      t.ok(ids(again.calls).isSubsetOf(ids(taken.calls)), 'SQS knows them by their ids')
      held.release()
    }
  )
}

/** A client that refuses events whose data is `bad`, and records what was sent. */
function recordingClient() {
  const calls: { bodies: unknown[]; ids: string[] }[] = []
  const send = async ({ constructor: { name }, input }: Command) => {
    if (name === 'GetQueueAttributesCommand') return { Attributes: { FifoQueue: 'true' } }
    if (name !== 'SendMessageBatchCommand') return { QueueUrl: `http://sqs.test/1/${input.QueueName}` }
    const data = ({ MessageBody }: Command['input']['Entries'][0]) =>
      (JSON.parse(MessageBody) as { data: unknown }).data
    calls.push({
      bodies: input.Entries.map(data),
      ids: input.Entries.map(({ MessageDeduplicationId }) => MessageDeduplicationId)
    })
    const bad = input.Entries.filter((entry) => data(entry) === 'bad')
    return {
      Successful: input.Entries.filter((entry) => !bad.includes(entry)),
      Failed: bad.map(({ Id }) => ({ Id, Code: 'InvalidMessageContents', SenderFault: true, Message: 'no' }))
    }
  }
  return { calls, client: { send } }
}

interface Command {
  constructor: { name: string }
  input: { QueueName: string; Entries: { Id: string; MessageBody: string; MessageDeduplicationId: string }[] }
}
