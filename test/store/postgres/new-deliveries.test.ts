import t from 'tap'
import type { StoredEvent } from '../../../lib/events/event.ts'
import type { LaneKey } from '../../../lib/store/delivery-store.ts'
import { PostgresLaneReads } from '../../../lib/store/postgres/lane-reads.ts'
import { newEvent, newEvents } from '../../support/new-event.ts'
import { havePostgres, openNode, openNodes, startPostgres } from '../../support/postgres.ts'
import { RecordingWatcher } from '../../support/recorders.ts'
import { until } from '../../support/until.ts'

/** Records new events and lanes apart. */
class Recorder extends RecordingWatcher {
  readonly events: StoredEvent[] = []
  readonly lanes: LaneKey[] = []

  override appended(events: readonly StoredEvent[]): void {
    this.events.push(...events)
    this.changed()
  }

  override pending(lanes: readonly LaneKey[]): void {
    this.lanes.push(...lanes)
    this.changed()
  }
}

const LANE_PAGE = { after: 0, limit: 10, maxBytes: Infinity }

if (await havePostgres(t)) {
  t.test('events come with their queues to the node that sends them, in order, each once', async (t) => {
    const { nodes } = await openNodes(t, 2)
    const senders = [new Recorder(), new Recorder()] as const
    for (const [n, watcher] of senders.entries()) await nodes[n]!.deliveries.watch(watcher)
    await until(() => senders.every((_, n) => nodes[n]!.status().partitions === 128))
    // More than a page; some are too large for one.
    const queues = [['a', 'b'], [], ['b'], ['a']]
    const large = `"${'x'.repeat(1_500_000)}"`
    const events = Array.from({ length: 2_600 }, (_, n) =>
      newEvent({ instance: `i${n % 40}`, queues: queues[n % 4]!, data: n > 2_585 ? large : '1' })
    )
    await Promise.all([nodes[0].log.append(events.slice(0, 2_400)), nodes[1].log.append(events.slice(2_400))])
    const wanted = events.filter((event) => event.queues.length > 0)
    await until(() => senders[0].events.length + senders[1].events.length === wanted.length)
    const log = new Map((await nodes[0].log.read({ after: 0, limit: 3_000 })).map((event) => [event.offset, event]))
    const planned = new Map(events.map((event) => [event.id, event.queues]))
    for (const [n, { events, lanes }] of senders.entries()) {
      const offsets = events.map(({ offset }) => offset)
      t.strictSame(
        offsets,
        [...new Set(offsets)].sort((a, b) => a - b)
      )
      t.ok(events.every(({ instanceKey }) => nodes[n]!.deliveries.maySend(instanceKey)))
      t.strictSame(
        events.map(({ queues, ...event }) => ({ ...event, queues: queues.toSorted() })),
        offsets.map((offset) => ({ ...log.get(offset), queues: planned.get(log.get(offset)!.id) }))
      )
      t.strictSame(lanes, [], 'no lane is to be read')
    }
  })

  t.test('a lane that is read ends where the reports of new events begin', async (t) => {
    const { nodes } = await openNodes(t, 2)
    const [one, other] = nodes
    await one.log.append(newEvents(1, { queues: ['a'] }))
    const watcher = new Recorder()
    await one.deliveries.watch(watcher)
    const lane = { queue: 'a', instanceKey: one.instances.require('sales').key }
    t.strictSame(watcher.lanes, [lane])

    const gate = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    const read = PostgresLaneReads.prototype.appended
    const reads = t.intercept(PostgresLaneReads.prototype, 'appended', {
      configurable: true,
      value: async function (this: PostgresLaneReads, ...args: Parameters<typeof read>) {
        asked.resolve()
        await gate.promise
        return read.apply(this, args)
      }
    })
    await other.log.append(newEvents(1, { queues: ['a'] }))
    await asked.promise
    const offsets = async () => (await one.deliveries.readLane(lane, LANE_PAGE)).map(({ offset }) => offset)
    t.strictSame(await offsets(), [1], 'the second event will be reported: it would be sent twice')
    gate.resolve()
    await watcher.until(() => watcher.events.length > 0)
    t.match(watcher.events, [{ offset: 2, queues: ['a'] }])
    t.strictSame(await offsets(), [1, 2])
    reads.restore()
  })

  t.test('a node reads no events that others send, nor its own', async (t) => {
    const postgres = await startPostgres(t)
    const timing = { beatMs: 60_000, silenceMs: 100_000 }
    const [one, other] = [await openNode(t, postgres, { timing }), await openNode(t, postgres, { timing })]
    const [mine, theirs] = [new Recorder(), new Recorder()]
    await one.deliveries.watch(mine)
    await other.deliveries.watch(theirs)
    await until(() => one.status().partitions === 128 && other.status().partitions === 128)
    await other.log.append(Array.from({ length: 40 }, (_, n) => newEvent({ instance: `i${n}` })))
    const names = Map.groupBy(other.instances.list(), ({ key }) => other.deliveries.maySend(key))
    const append = (sentBy: boolean) =>
      other.log.append([newEvent(), newEvent({ instance: names.get(sentBy)![0]!.name, queues: ['a'] })])
    const reads = t.capture(PostgresLaneReads.prototype, 'appended', PostgresLaneReads.prototype.appended)
    for (let n = 0; n < 20; n++) await append(true)
    await until(() => one.status().head === 80)
    t.strictSame([theirs.events.length, mine.events.length], [20, 0])
    t.strictSame(reads(), [], 'nothing was read')
    const { key: instanceKey } = names.get(true)![0]!
    const lane = await one.deliveries.readLane({ queue: 'a', instanceKey }, LANE_PAGE)
    t.equal(lane.length, LANE_PAGE.limit, 'a lane that another node sends can be read')

    await append(false)
    await mine.until(() => mine.events.length === 1)
    t.match(mine.events, [{ offset: 82, queues: ['a'] }])
    t.equal(reads().length, 1)
  })

  t.test('new events of partitions that a node takes meanwhile follow the lanes of these', async (t) => {
    const { nodes } = await openNodes(t, 2)
    const [one, other] = nodes
    const watcher = new Recorder()
    await one.deliveries.watch(watcher)
    const stop = await other.deliveries.watch(new Recorder())
    await until(() => one.status().partitions === 128 && other.status().partitions === 128)
    const events = Array.from({ length: 60 }, (_, n) => newEvent({ instance: `i${n}`, queues: ['a'] }))
    await other.log.append(events)
    const keys = events.map(({ instance }) => other.instances.require(instance).key)
    const theirs = keys.filter((key) => other.deliveries.maySend(key))
    await watcher.until(() => watcher.events.length === keys.length - theirs.length)

    // While the partitions are read, nothing of them is passed on.
    const gate = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    const read = PostgresLaneReads.prototype.pending
    const reads = t.intercept(PostgresLaneReads.prototype, 'pending', {
      configurable: true,
      value: async function (this: PostgresLaneReads, ...args: Parameters<typeof read>) {
        asked.resolve()
        await gate.promise
        return read.apply(this, args)
      }
    })
    await stop()
    await asked.promise
    watcher.events.length = 0
    await other.log.append(events.map(({ instance }) => newEvent({ instance, queues: ['a'] })))
    gate.resolve()
    await watcher.until(() => watcher.events.length >= keys.length)
    t.strictSame(
      watcher.events.map(({ offset }) => offset),
      Array.from(keys, (_, n) => keys.length + 1 + n),
      'all, in order'
    )
    t.strictSame(new Set(watcher.lanes.map(({ instanceKey }) => instanceKey)), new Set(theirs))
    t.ok(watcher.lanes.every(({ instanceKey }) => one.deliveries.maySend(instanceKey)))
    reads.restore()
  })
}
