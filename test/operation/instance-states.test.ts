import t from 'tap'
import type { ActivityRecord } from '../../lib/activity/activity-table.ts'
import { InstanceStates } from '../../lib/operation/instance-states.ts'
import type { ReadShares, Shares } from '../../lib/operation/shares.ts'
import type { Instance } from '../../lib/instances/instance.ts'
import type { EventStore } from '../../lib/store/event-store.ts'

const ACTIVITY = { lastEventAt: null, lastEvent: null, connectionState: null, events: { minute: 0, hour: 0, day: 0 } }

interface Given {
  /** Seconds since the last event; `null`: none is known. */
  quiet?: number | null
  state?: string
  silent?: boolean
  /** Seconds since the oldest pending event was accepted. */
  oldest?: number
  dead?: number
}

/** Returns the names of the first instances, in their order. */
async function order(given: Record<string, Given>, limit: number): Promise<string[]> {
  const now = Date.now()
  const all = Object.entries(given).map(([name, own], index) => ({ key: index + 1, name, ...own }))
  const byName = new Map(all.map((own) => [own.name, own]))
  // The offset of an event is its time of acceptance here.
  const pending = all.flatMap(({ key, oldest }) =>
    oldest === undefined ? [] : [[key, { pending: 1, oldest: now - oldest * 1_000 }] as const]
  )
  const dead = all.flatMap(({ name, dead }) => (dead ? [[name, dead] as const] : []))
  const read: ReadShares = {
    pending: { byQueue: new Map(), byInstance: new Map(pending) },
    deadLetters: { byQueue: new Map(), byInstance: new Map(dead) }
  }
  const states = new InstanceStates({
    store: {
      log: { acceptedAt: async (offsets: number[]) => new Map(offsets.map((offset) => [offset, offset])) },
      // Only these members are looked at.
      instances: { get: (name: string) => byName.get(name), list: () => all.values() }
    } as unknown as EventStore,
    shares: { read: async () => read } as unknown as Shares,
    activities: {
      *records(): Generator<ActivityRecord, undefined> {
        for (const { key, name, quiet = 0, state = null } of all)
          if (quiet !== null)
            yield {
              instanceKey: key,
              instance: name,
              lastAt: now - quiet * 1_000,
              lastEvent: 'call',
              lastOffset: key,
              state
            }
      }
    },
    silences: {
      isSilent: (key) => all[key - 1]?.silent === true,
      describe: ({ key }: Instance) => ({ ...ACTIVITY, isSilent: all[key - 1]?.silent === true })
    }
  })
  return (await states.first(limit)).map(({ instance }) => instance)
}

t.test(
  'silent instances come first, then late ones, those with dead letters, and the others that should send',
  async (t) => {
    const given = {
      closed: { quiet: 900, state: 'close' },
      fresh: { quiet: 1, oldest: 2 },
      quiet: { quiet: 500 },
      dead: { quiet: 3, dead: 7 },
      'dead and quieter': { quiet: 4, state: 'close', dead: 1 },
      'only dead': { quiet: null, dead: 2 },
      late: { quiet: 5, oldest: 61 },
      later: { quiet: 6, oldest: 900 },
      silent: { quiet: 1_000, silent: true, dead: 1, oldest: 1 },
      'longer silent': { quiet: 2_000, silent: true }
    }
    const all = await order(given, 10)
    t.same(all, [
      'longer silent',
      'silent',
      'later',
      'late',
      'only dead',
      'dead and quieter',
      'dead',
      'quiet',
      'fresh',
      'closed'
    ])
    t.same(await order(given, 3), all.slice(0, 3))
    t.same(await order({}, 3), [])
  }
)

t.test('of those that are alike, the name decides', async (t) => {
  const names = Array.from({ length: 20 }, (_, n) => `i${n + 10}`)
  t.same(await order(Object.fromEntries(names.toReversed().map((name) => [name, { quiet: 5 }])), 2), ['i10', 'i11'])
})
