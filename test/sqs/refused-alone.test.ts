import { EventEmitter, once } from 'node:events'
import { mock } from 'node:test'
import t from 'tap'
import { build } from '../support/build.ts'
import { PATIENCE_MS } from '../support/until.ts'

interface Command {
  constructor: { name: string }
  input: { QueueName: string; Entries: { Id: string; MessageBody: string }[] }
}

/** A client that refuses events of `bad` permanently, and answers each call when the test says so. */
function refusing() {
  const calls = new EventEmitter<{ call: [instances: string[], answer: () => void] }>()
  const send = async ({ constructor, input }: Command) => {
    if (constructor.name === 'GetQueueAttributesCommand') return { Attributes: { FifoQueue: 'true' } }
    if (constructor.name !== 'SendMessageBatchCommand') return { QueueUrl: `http://sqs.test/1/${input.QueueName}` }
    const instances = input.Entries.map(({ MessageBody }) => (JSON.parse(MessageBody) as { instance: string }).instance)
    const { promise, resolve } = Promise.withResolvers<void>()
    calls.emit('call', instances, resolve)
    await promise
    if (instances.includes('bad'))
      throw Object.assign(new Error('no such characters'), { name: 'InvalidMessageContents', $metadata: {} })
    return { Successful: input.Entries.map(({ Id }) => ({ Id })), Failed: [] }
  }
  return { calls, send }
}

t.test(
  'a message that was refused permanently goes in a call of its own, behind those of other instances',
  async (t) => {
    const { calls, send } = refusing()
    const server = await build(t, { sqs: { client: { send }, concurrency: 1, global: { events: ['CALL'] } } })
    const seen: string[][] = []
    calls.on('call', (instances) => seen.push(instances))
    const accept = (instance: string) => server.onInstanceEvent({ instance, event: 'call', data: 1 })
    // The timers of AbortSignal are not mocked.
    const next = () =>
      once(calls, 'call', { signal: AbortSignal.timeout(PATIENCE_MS) }) as Promise<[string[], () => void]>

    mock.timers.enable({ apis: ['setTimeout'] })
    t.teardown(() => mock.timers.reset())
    let started = next()
    await accept('bad')
    const [, refuse] = await started
    started = next()
    refuse()
    await accept('a')
    const [, answer] = await started
    await accept('b')
    await accept('c')
    // The call of `a` is still within its deadline: the refused event may be tried again, behind `b` and `c`.
    mock.timers.tick(5_000)
    started = next()
    answer()
    const [, answerBoth] = await started
    started = next()
    answerBoth()
    const [, refuseAgain] = await started
    t.strictSame(seen, [['bad'], ['a'], ['b', 'c'], ['bad']])
    refuseAgain()
    mock.timers.reset()
  }
)
