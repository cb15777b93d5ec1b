import t from 'tap'
import { CommitQueue, type CommitQueueOptions, type Operation } from '../../lib/store/commit-queue.ts'

class Fatal extends Error {}

/** A queue whose transactions are only noted. */
function makeQueue(options: Partial<CommitQueueOptions> = {}) {
  const log: string[] = []
  const queue = new CommitQueue({
    transaction: (work) => {
      log.push('begin')
      work()
      log.push('commit')
    },
    isFatal: (error) => error instanceof Fatal,
    translate: (error) => new Error('refused', { cause: error }),
    flushed: () => log.push('flushed'),
    lazyMs: 60_000,
    ...options
  })
  const operation = (name: string): Operation<string> => ({
    run: () => {
      log.push(`run ${name}`)
      return name
    },
    committed: (result) => log.push(`committed ${result}`)
  })
  return { log, queue, operation }
}

t.test('operations of one turn share a transaction, and are told of it in their order', async (t) => {
  const { log, queue, operation } = makeQueue()
  const added = ['a', 'b'].map((name) => queue.add(operation(name)).then((result) => log.push(`resolved ${result}`)))
  t.strictSame(log, [], 'nothing runs within the turn')
  await Promise.all(added)
  const once = [
    'begin',
    'run a',
    'run b',
    'commit',
    'committed a',
    'committed b',
    'flushed',
    'resolved a',
    'resolved b'
  ]
  t.strictSame(log, once)
  await queue.add(operation('c'))
  t.strictSame(log.slice(once.length), ['begin', 'run c', 'commit', 'committed c', 'flushed'])
})

t.test('an operation that throws is rejected alone, with what it threw', async (t) => {
  const { log, queue, operation } = makeQueue()
  const fault = new Error('not this one')
  const failing = {
    run: () => {
      throw fault
    },
    committed: () => t.fail('it was not committed')
  }
  const results = await Promise.allSettled([queue.add(operation('a')), queue.add(failing), queue.add(operation('b'))])
  t.strictSame(results, [
    { status: 'fulfilled', value: 'a' },
    { status: 'rejected', reason: fault },
    { status: 'fulfilled', value: 'b' }
  ])
  t.strictSame(log, ['begin', 'run a', 'run b', 'commit', 'committed a', 'committed b', 'flushed'])
})

t.test('a fatal error spoils the transaction, and rejects its own operation only', async (t) => {
  const { log, queue, operation } = makeQueue()
  const fatal = new Fatal()
  const failing = {
    run: () => {
      throw fatal
    }
  }
  const results = await Promise.allSettled([queue.add(operation('a')), queue.add(failing), queue.add(operation('b'))])
  t.match(results, [
    { status: 'fulfilled', value: 'a' },
    { status: 'rejected', reason: { message: 'refused', cause: fatal } },
    { status: 'fulfilled', value: 'b' }
  ])
  t.strictSame(log.slice(0, 2), ['begin', 'run a'], 'the first try ends there')
  t.strictSame(
    log.filter((line) => line.startsWith('committed')),
    ['committed a', 'committed b'],
    'each is told of once'
  )
  t.equal(log.at(-1), 'flushed')
})

t.test('a commit that fails rejects all of the batch', async (t) => {
  let full = true
  const { log, queue, operation } = makeQueue({
    transaction: (work) => {
      work()
      if (full) throw new Error('disk full')
    }
  })
  const results = await Promise.allSettled([queue.add(operation('a')), queue.add(operation('b'), { lazy: true })])
  t.match(
    results,
    results.map(() => ({ status: 'rejected', reason: { message: 'refused', cause: { message: 'disk full' } } }))
  )
  t.notOk(log.some((line) => line.startsWith('committed')))
  full = false
  t.equal(await queue.add(operation('c')), 'c')
})

t.test('a lazy operation rides along with the next one', async (t) => {
  const { log, queue, operation } = makeQueue()
  const lazy = queue.add(operation('lazy'), { lazy: true })
  await new Promise((resolve) => setImmediate(resolve))
  t.strictSame(log, [], 'alone it waits')
  await Promise.all([lazy, queue.add(operation('a')), queue.add(operation('later'), { lazy: true })])
  t.strictSame(log.slice(0, 5), ['begin', 'run lazy', 'run a', 'run later', 'commit'])
})

t.test('a lazy operation goes by itself after its time', async (t) => {
  const { log, queue, operation } = makeQueue({ lazyMs: 1 })
  t.equal(await queue.add(operation('lazy'), { lazy: true }), 'lazy')
  t.strictSame(log, ['begin', 'run lazy', 'commit', 'committed lazy', 'flushed'])
})

t.test('what a commit leads to goes into the next transaction', async (t) => {
  const { log, queue, operation } = makeQueue()
  const next = Promise.withResolvers<string>()
  await queue.add({ run: () => 'a', committed: () => next.resolve(queue.add(operation('b'))) })
  t.equal(await next.promise, 'b')
  t.strictSame(log, ['begin', 'commit', 'flushed', 'begin', 'run b', 'commit', 'committed b', 'flushed'])
})

t.test('closing commits what waits, and refuses what comes with it or after it', async (t) => {
  const { log, queue, operation } = makeQueue()
  const closing = { code: 'IEV_CLOSING' }
  const during = Promise.withResolvers<unknown>()
  const waiting = [
    queue.add({ run: () => 'a', committed: () => during.resolve(t.rejects(queue.add(operation('late')), closing)) }),
    queue.add(operation('lazy'), { lazy: true })
  ]
  queue.close()
  t.strictSame(log, ['begin', 'run lazy', 'commit', 'committed lazy', 'flushed'], 'at once')
  t.strictSame(await Promise.all(waiting), ['a', 'lazy'])
  await during.promise
  await t.rejects(queue.add(operation('later')), closing)
  queue.close()
  t.equal(log.length, 5)
})

t.test('an empty queue makes no transaction', async (t) => {
  const { log, queue } = makeQueue()
  queue.flush()
  queue.close()
  t.strictSame(log, [])
})
