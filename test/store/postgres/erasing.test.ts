import { Client } from 'pg'
import t from 'tap'
import type { StoredEvent } from '../../../lib/events/event.ts'
import { newEvent, newEvents } from '../../support/new-event.ts'
import { startTail } from '../../support/postgres-tail.ts'
import { havePostgres, openNodes } from '../../support/postgres.ts'
import { RecordingSubscriber, RecordingWatcher } from '../../support/recorders.ts'
import { until } from '../../support/until.ts'

const ALL = { after: 0, limit: 100 }

t.test('a stretch of the log that was read before events were erased is read again', async (t) => {
  const reads: ((data: string) => void)[] = []
  const stretch = ({ upTo }: { upTo: number }) =>
    new Promise((resolve) =>
      reads.push((data) => {
        const event: StoredEvent = { ...newEvent({ data }), offset: 2, instanceKey: 1, acceptedAt: 0 }
        resolve({ events: [event], reached: upTo, found: { directoryVersion: 0, epoch: 'one' } })
      })
    )
  const { tail, subscriber } = startTail(stretch, { epoch: 'one' })
  tail.advance(2)
  await until(() => reads.length === 1)
  tail.notified({ kind: 'redrives', number: 1, rest: [], pid: 1 })
  t.equal(subscriber.erasures, 0)
  tail.notified({ kind: 'erased', number: NaN, rest: [], pid: 1 })
  reads[0]?.('"secret"')
  await until(() => reads.length === 2)
  reads[1]?.('null')
  await subscriber.reached(2)
  t.strictSame([subscriber.erasures, subscriber.events.map(({ data }) => data)], [1, ['null']])
  await tail.stop()
})

if (await havePostgres(t)) {
  t.test('a node learns what another has erased: followers of the log, and lanes that it sends', async (t) => {
    const { nodes } = await openNodes(t, 2)
    const [one, other] = nodes
    const [follower, watcher] = [new RecordingSubscriber(), new RecordingWatcher()]
    t.after(other.log.tail(follower))
    t.after(await other.deliveries.watch(watcher))
    await one.log.append([newEvent({ queues: ['a'] })])
    const [event] = await one.log.read(ALL)
    await watcher.until(() => watcher.told.length > 0)
    await one.log.erase([event!])
    await follower.until(() => follower.erasures === 1)
    await watcher.until(() => watcher.again.includes(`a ${event!.instanceKey}`))
    t.match(
      await other.deliveries.readLane({ queue: 'a', instanceKey: event!.instanceKey }, { ...ALL, maxBytes: 1_000 }),
      [{ data: 'null' }]
    )
  })

  t.test('a node that erases forgets what it has read before it answers, however late notifications are', async (t) => {
    const { nodes } = await openNodes(t, 1)
    const [node] = nodes
    const [follower, watcher] = [new RecordingSubscriber(), new RecordingWatcher()]
    t.after(node.log.tail(follower))
    t.after(await node.deliveries.watch(watcher))
    await node.log.append([newEvent({ queues: ['a'] })])
    const [event] = await node.log.read(ALL)
    const { emit } = Client.prototype
    t.teardown(() => (Client.prototype.emit = emit))
    Client.prototype.emit = function (name: string, ...rest: unknown[]) {
      // The rest is passed on as it is.
      return name === 'notification' || emit.call(this, name, ...(rest as never[]))
    }
    await node.log.erase([event!])
    t.strictSame([follower.erasures, watcher.again], [1, [`a ${event!.instanceKey}`]])
  })

  t.test('the size of the log that retention compares is that of what is left', async (t) => {
    const { postgres, nodes } = await openNodes(t, 1)
    await nodes[0].log.append(newEvents(3, { data: JSON.stringify('x'.repeat(10_000)) }))
    const sizes = async () =>
      postgres.query(
        `SELECT l.bytes = sum(e.size + 256) AS same, l.bytes < 12000 AS small FROM ${postgres.schema}.log l, ${postgres.schema}.events e GROUP BY l.bytes`
      )
    t.strictSame(await sizes(), [{ same: true, small: false }])
    const events = await nodes[0].log.read(ALL)
    await nodes[0].log.erase(events.slice(0, 2))
    t.strictSame(await sizes(), [{ same: true, small: true }])
    await nodes[0].log.erase(events)
    t.strictSame(await sizes(), [{ same: true, small: true }])
  })

  t.test('erasing does not wait for deliveries that are being acknowledged', async (t) => {
    const { postgres, nodes } = await openNodes(t, 1)
    await nodes[0].log.append([newEvent({ queues: ['a'] })])
    const events = await nodes[0].log.read(ALL)
    await postgres.query(`BEGIN; DELETE FROM ${postgres.schema}.deliveries`)
    await nodes[0].log.erase(events)
    await postgres.query('ROLLBACK')
    t.match(await nodes[0].log.read(ALL), [{ data: 'null' }])
  })
}
