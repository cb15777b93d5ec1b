import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { PostgresLaneReads } from '../../../lib/store/postgres/lane-reads.ts'
import { LOCKS, lockSpace } from '../../../lib/store/postgres/locks.ts'
import { PartitionLeases } from '../../../lib/store/postgres/partition-leases.ts'
import { PARTITIONS, partitionOf } from '../../../lib/store/partitions.ts'
import { newEvent, newEvents } from '../../support/new-event.ts'
import { havePostgres, openNode, startPostgres, type TestPostgres } from '../../support/postgres.ts'
import { nameOf, RecordingSubscriber, RecordingWatcher } from '../../support/recorders.ts'
import { openSender, SAMPLES, type Sender, untilShared } from '../../support/senders.ts'
import { until } from '../../support/until.ts'

/** Process ids of the sessions that hold a lock. */
async function pidsOf({ query, schema }: TestPostgres, lock: number): Promise<number[]> {
  const rows = await query(
    `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = $1 AND objid = $2 AND granted ORDER BY pid`,
    [lockSpace(schema), lock]
  )
  return rows.map(({ pid }) => pid as number)
}

if (await havePostgres(t)) {
  t.test('instances are spread evenly, the same way in memory and in SQL', async (t) => {
    const { query, schema } = await startPostgres(t).then(async (postgres) => {
      await openNode(t, postgres)
      return postgres
    })
    const keys = [...Array.from({ length: 10_000 }, (_, n) => n + 1), 2 ** 31 - 1, 2 ** 31, 2 ** 32 + 5, 2 ** 40]
    const rows = await query(`SELECT ${schema}.partition_of(k) AS p FROM unnest($1::bigint[]) k`, [keys])
    t.strictSame(
      rows.map(({ p }) => p),
      keys.map(partitionOf)
    )
    const counts = Map.groupBy(keys.slice(0, 2_560), partitionOf)
    t.ok([...counts.values()].every(({ length }) => length >= 8 && length <= 12))
  })

  for (const [when, epoch] of [
    ['of an epoch that has ended meanwhile', 'first'],
    ['of an epoch that this node did not know yet', 'second']
  ] as const)
    t.test(`new deliveries ${when} are read again, as far as the log reaches now`, async (t) => {
      const postgres = await startPostgres(t)
      await openNode(t, postgres)
      const asked: { after: number; upTo: number }[] = []
      const answers: ((epoch: string) => void)[] = []
      const reads = {
        pending: async () => [],
        appended: (stretch: { after: number; upTo: number }) => {
          asked.push(stretch)
          return new Promise((resolve) =>
            answers.push((epoch) => resolve({ events: [], reached: stretch.upTo, epoch }))
          )
        }
      }
      const leases = new PartitionLeases({
        ...postgres,
        timing: undefined,
        // It reads nothing else.
        reads: reads as unknown as PostgresLaneReads,
        watcher: new RecordingWatcher(),
        epoch: 'first',
        tell: (_epoch, news) => news()
      })
      await leases.start()
      leases.advance(9)
      await until(() => asked.length === 1)
      const enter = () => leases.entered({ id: 'second', upTo: 3 })
      if (epoch === 'first') enter()
      answers[0]?.(epoch)
      await setImmediate()
      if (epoch === 'second') enter()
      await until(() => asked.length === 2)
      answers[1]?.('second')
      leases.advance(5)
      await until(() => asked.length === 3)
      answers[2]?.('second')
      await until(() => leases.reportedTo(1) === 5)
      t.strictSame(asked, [
        { after: 0, upTo: 9 },
        { after: 0, upTo: 3 },
        { after: 3, upTo: 5 }
      ])
      await leases.stop()
    })

  for (const [when, overtaken] of [
    ['answers of an epoch that has ended', false],
    ['redrives of an epoch that ends while they are read', true]
  ] as const)
    t.test(`${when} count for nothing in the next one`, async (t) => {
      const postgres = await startPostgres(t)
      await openNode(t, postgres)
      const { query, schema } = postgres
      const asked: unknown[] = []
      const answers: (() => void)[] = []
      const reads = {
        pending: async () => [],
        redrivenAfter: (redrive: number) => {
          asked.push({ redrive })
          return new Promise((resolve) => answers.push(() => resolve([])))
        },
        appended: async (stretch: { after: number; upTo: number }) => {
          asked.push(stretch)
          return { events: [], reached: stretch.upTo, epoch: 'second' }
        }
      }
      let known = 'first'
      const told: unknown[] = []
      const leases = new PartitionLeases({
        ...postgres,
        timing: { beatMs: 60_000, silenceMs: 120_000 },
        reads: reads as unknown as PostgresLaneReads,
        watcher: new RecordingWatcher(),
        epoch: known,
        tell: (epoch, news) => {
          told.push(epoch)
          if (epoch === known) news()
        }
      })
      /** A beat answers this after the notification of a redrive. */
      const beat = async (epoch: string, { head, redrives }: { head: number; redrives: number }) => {
        await query(`UPDATE ${schema}.log SET id = $1, last_offset = $2`, [epoch, head])
        await query(`UPDATE ${schema}.counters SET value = $1 WHERE name = 'redrives'`, [redrives])
        told.length = 0
        leases.notified({ kind: 'redrives', number: redrives, rest: [], pid: 1 })
        await until(() => told.length > 0)
      }
      await query(`UPDATE ${schema}.log SET id = 'first'`)
      await leases.start()
      const enter = () => leases.entered({ id: (known = 'second'), upTo: 0 })
      if (!overtaken) enter()
      await beat('first', { head: 0, redrives: 9 })
      if (overtaken) enter()
      await beat('first', { head: 9, redrives: 9 })
      answers.splice(0).forEach((answer) => answer())
      const before = asked.splice(0)
      await beat('second', { head: 3, redrives: 2 })
      await until(() => answers.length === 1)
      answers[0]?.()
      await until(() => leases.reportedTo(1) === 3)
      await beat('second', { head: 3, redrives: 3 })
      await until(() => asked.length === 3)
      t.strictSame(before, overtaken ? [{ redrive: 0 }] : [])
      t.strictSame(asked, [{ redrive: 0 }, { after: 0, upTo: 3 }, { redrive: 2 }])
      answers[1]?.()
      await leases.stop()
    })

  t.test('one, two and three nodes share the partitions evenly, and hand them over when they leave', async (t) => {
    const postgres = await startPostgres(t)
    const one = await openSender(t, postgres)
    t.equal(one.holds().size, PARTITIONS)
    t.equal(one.store.status().partitions, PARTITIONS)
    const two = await openSender(t, postgres)
    await untilShared(t, [one, two], [128, 128])
    const three = await openSender(t, postgres)
    await until(() => three.holds().size >= 84)
    await until(() => [one, two, three].every(({ holds }) => holds().size <= 86))
    t.strictSame(
      new Set([...one.holds(), ...two.holds(), ...three.holds()]).size,
      PARTITIONS,
      'all of them, each once, since there are as many as in all'
    )
    t.strictSame([...one.watcher.lost, ...two.watcher.lost], [], 'nothing was lost')
    t.equal(new Set(one.watcher.released).size, one.watcher.released.length)

    await two.stop()
    await untilShared(t, [one, three], [128, 128])
    await three.store.close()
    await untilShared(t, [one], [256])
    t.equal(new Set(three.watcher.released).size, 128, 'closing the store hands over too')
  })

  t.test('partitions of a node that leaves are taken at once, not with the next beat', async (t) => {
    const postgres = await startPostgres(t)
    const timing = { beatMs: 60_000, silenceMs: 100_000 }
    const one = await openSender(t, postgres, { timing })
    const two = await openSender(t, postgres, { timing })
    await untilShared(t, [one, two], [128, 128])
    await two.stop()
    await untilShared(t, [one], [256])
  })

  t.test('a partition is handed over with its pending lanes once nothing of it is in flight', async (t) => {
    const postgres = await startPostgres(t)
    const one = await openSender(t, postgres)
    const events = Array.from({ length: 40 }, (_, n) => newEvent({ instance: `i${n}`, queues: ['q'] }))
    await one.store.log.append(events)
    const keys = events.map(({ instance }) => one.store.instances.require(instance).key)
    const underWay = Promise.withResolvers<void>()
    const called = Promise.withResolvers<ReadonlySet<number>>()
    one.watcher.releasing = (partitions) => {
      called.resolve(partitions)
      return underWay.promise
    }
    const two = await openSender(t, postgres)
    const releasing = await called.promise
    t.equal(releasing.size, 128)
    t.ok(
      keys.every((key) => releasing.has(partitionOf(key)) !== one.store.deliveries.maySend(key)),
      'it must not start anew'
    )
    await Promise.all([two.store.log.append(newEvents(1)), one.store.log.append(newEvents(1))])
    t.equal(two.holds().size, 0, 'no other node may send for them')
    underWay.resolve()
    await untilShared(t, [one, two], [128, 128])
    const theirs = keys
      .filter((key) => two.store.deliveries.maySend(key))
      .map((instanceKey) => nameOf({ queue: 'q', instanceKey }))
    await two.watcher.until(() => theirs.every((lane) => two.watcher.told.includes(lane)))
    t.ok(
      two.watcher.told.every((lane) => theirs.includes(lane)),
      'of nothing else'
    )
  })

  t.test('a node that hands everything over is told of no new events; the next one has them', async (t) => {
    const postgres = await startPostgres(t)
    const one = await openSender(t, postgres)
    const underWay = Promise.withResolvers<void>()
    const called = Promise.withResolvers<void>()
    one.watcher.releasing = () => {
      called.resolve()
      return underWay.promise
    }
    const follower = new RecordingSubscriber()
    one.store.log.tail(follower)
    const stopped = one.stop()
    await called.promise
    const other = await openNode(t, postgres)
    await other.log.append([newEvent({ queues: ['q'] })])
    await follower.reached(1)
    underWay.resolve()
    await stopped
    t.same(one.watcher.told, [])
    const two = await openSender(t, postgres)
    await two.watcher.until(() => two.watcher.told.length > 0)
    t.same(two.watcher.told, [nameOf({ queue: 'q', instanceKey: 1 })])
  })

  t.test('new events reach the node that sends them, whichever node appends', async (t) => {
    const postgres = await startPostgres(t)
    const senders = [await openSender(t, postgres), await openSender(t, postgres)]
    await untilShared(t, senders, [128, 128])
    const instances = Array.from({ length: 30 }, (_, n) => `i${n}`)
    for (const instance of instances) {
      for (const { store } of senders)
        await store.log.append([newEvent({ instance, queues: ['q'] }), newEvent({ instance })])
    }
    const [{ store }] = senders as [Sender]
    const lanes = instances.map((name) => ({ queue: 'q', instanceKey: store.instances.require(name).key }))
    for (const { watcher, store } of senders) {
      const theirs = lanes.filter(({ instanceKey }) => store.deliveries.maySend(instanceKey)).map(nameOf)
      await watcher.until(() => theirs.every((lane) => watcher.told.includes(lane)))
      t.ok(
        watcher.told.every((lane) => theirs.includes(lane)),
        'of nothing else'
      )
      watcher.told.length = 0
    }

    // One node buries, the other redrives; the node that sends a lane gets it.
    for (const [n, { instanceKey, queue }] of lanes.entries()) {
      await store.deliveries.bury({ queue, instanceKey, offset: n * 4 + 1 }, { reason: 'r', message: 'm', attempts: 1 })
    }
    await senders[1]!.store.deadLetters.redrive({ after: 0, limit: 100 })
    for (const { watcher, store } of senders) {
      const theirs = lanes.filter(({ instanceKey }) => store.deliveries.maySend(instanceKey)).map(nameOf)
      await watcher.until(() => watcher.again.length === theirs.length)
      t.strictSame(watcher.again.sort(), theirs.sort())
    }
  })

  t.test('a sender whose session ends loses its partitions at once, and others take them within seconds', async (t) => {
    const postgres = await startPostgres(t)
    const one = await openSender(t, postgres)
    const [pid] = await pidsOf(postgres, LOCKS.senders)
    const two = await openSender(t, postgres)
    await untilShared(t, [one, two], [128, 128])
    const before = one.holds()
    await one.store.log.append(
      [...SAMPLES.values()].slice(0, 50).map((n) => newEvent({ instance: `i${n}`, queues: ['q'] }))
    )

    const begun = performance.now()
    await postgres.query('SELECT pg_terminate_backend($1)', [pid])
    await one.watcher.until(() => one.watcher.lost.length > 0)
    t.strictSame(new Set(one.watcher.lost), before)
    await until(() => before.isSubsetOf(two.holds().union(one.holds())))
    t.ok(performance.now() - begun < 5_000)
    // The sender reconnects, and gets its share again.
    await untilShared(t, [one, two], [128, 128])
    await one.stop()
    await untilShared(t, [two], [256])
  })

  t.test('a session that ends during a hand-over has nothing left to hand over', async (t) => {
    const postgres = await startPostgres(t)
    const one = await openSender(t, postgres)
    const [pid] = await pidsOf(postgres, LOCKS.senders)
    const underWay = Promise.withResolvers<void>()
    const called = Promise.withResolvers<void>()
    one.watcher.releasing = () => {
      called.resolve()
      return underWay.promise
    }
    const two = await openSender(t, postgres)
    await called.promise
    await postgres.query('SELECT pg_terminate_backend($1)', [pid])
    await one.watcher.until(() => one.watcher.lost.length === PARTITIONS)
    await untilShared(t, [one, two], [128, 128])
    underWay.resolve()
    await one.watcher.until(() => one.watcher.released.length > 0)
    await untilShared(t, [one, two], [128, 128])
  })

  t.test('a session without a sign of life is ended by the node and by PostgreSQL', async (t) => {
    const postgres = await startPostgres(t)
    const { query, schema } = postgres
    const store = await openNode(t, postgres, { timing: { beatMs: 20, timeoutMs: 100, silenceMs: 400 } })
    const watcher = new RecordingWatcher()
    await store.deliveries.watch(watcher)
    await query(`BEGIN; LOCK TABLE ${schema}.log IN ACCESS EXCLUSIVE MODE`)
    await watcher.until(() => watcher.lost.length === PARTITIONS)
    t.notOk(store.deliveries.maySend(1))
    await query('COMMIT')
    await until(() => store.deliveries.maySend(1))
    // A process that is blocked for so long is not called back: it must not send all the same.
    const end = performance.now() + 500
    while (performance.now() < end);
    t.notOk(store.deliveries.maySend(1))
    await until(() => store.deliveries.maySend(1))
  })

  t.test('while lanes of a takeover cannot be read, newer events of them wait', async (t) => {
    const postgres = await startPostgres(t)
    const store = await openNode(t, postgres, { timing: { beatMs: 60_000, silenceMs: 120_000 } })
    await store.log.append([newEvent({ queues: ['q'] })])
    // A real PostgreSQL that accepts events answers this read too.
    const broken = t.intercept(PostgresLaneReads.prototype, 'pending', {
      configurable: true,
      value: () => Promise.reject(new Error('away'))
    })
    const watcher = new RecordingWatcher()
    await store.deliveries.watch(watcher)
    await store.log.append([newEvent({ queues: ['q'] })])
    t.strictSame(watcher.told, [], 'the first event of the lane is not known yet')
    t.ok(broken().length >= 2, 'the lanes were asked for again')
    broken.restore()
    await store.log.append([newEvent()])
    await watcher.until(() => watcher.told.length > 0)
    const instanceKey = store.instances.require('sales').key
    t.equal(watcher.told[0], nameOf({ queue: 'q', instanceKey }))
  })

  t.test('a sender that cannot connect is refused', async (t) => {
    const postgres = await startPostgres(t)
    const store = await openNode(t, postgres)
    await postgres.query(`DROP TABLE ${postgres.schema}.counters`)
    await store.close()
    await t.rejects(store.deliveries.watch(new RecordingWatcher()), { code: 'IEV_CLOSING' })
  })
}
