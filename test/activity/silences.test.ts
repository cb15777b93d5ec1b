import t from 'tap'
import type { ActivityRecord } from '../../lib/activity/activity-table.ts'
import { type Silence, Silences, type SilencesOptions } from '../../lib/activity/silences.ts'
import type { Instance } from '../../lib/instances/instance.ts'

const MINUTE = 60_000
const START = 1_800_000_000_000

/** Silences of instances whose events the test makes, at the time that it sets. Their limit is ten minutes. */
function start(options: Partial<SilencesOptions> = {}) {
  let at = START
  let offset = 0
  let isAway = false
  let isRefusing = false
  const records = new Map<string, ActivityRecord>()
  const instances = new Map<string, Instance>()
  const idleBeforeStart = { until: START, ms: 0 }
  const silences = new Silences({
    activities: {
      idleBeforeStart,
      of: () => ({ lastEventAt: null, lastEvent: null, connectionState: null, events: { minute: 0, hour: 0, day: 0 } }),
      record: (key) => records.values().find(({ instanceKey }) => instanceKey === key),
      *records(): Generator<ActivityRecord, undefined> {
        yield* records.values()
      },
      refresh: async () => {
        if (isAway) throw new Error('gone')
      }
    },
    instances: { get: (name) => instances.get(name) },
    afterMinutes: 10,
    isRefusing: () => isRefusing,
    now: () => at,
    ...options
  })
  const told: unknown[] = []
  silences.watch({
    began: ({ instance, afterMinutes, last }: Silence) =>
      told.push(['began', instance.name, afterMinutes, last.lastAt - START]),
    ended: ({ instance }, { lastEvent }) => told.push(['ended', instance.name, lastEvent])
  })
  return {
    silences,
    idleBeforeStart,
    at: (minutes: number) => void (at = START + minutes * MINUTE),
    away: (value: boolean) => void (isAway = value),
    refusing: (value: boolean) => void (isRefusing = value),
    event(name: string, state: string | null = 'open', own: number | null = null) {
      const key = instances.get(name)?.key ?? instances.size + 1
      // Only these members are looked at.
      const instance = { key, name, silenceAfterMinutes: own } as Instance
      instances.set(name, instance)
      records.set(name, {
        instanceKey: key,
        instance: name,
        lastAt: at,
        lastEvent: 'call',
        lastOffset: ++offset,
        state
      })
      return instance
    },
    remove(name: string) {
      instances.delete(name)
      records.delete(name)
    },
    /** Looks, and returns what was told. */
    async look() {
      await silences.look()
      return told.splice(0)
    }
  }
}

t.test('a silence begins once and ends with the next event', async (t) => {
  const { at, event, look, silences } = start()
  const instance = event('sales')
  event('unknown', null)
  event('closed', 'close')
  at(9.9)
  t.same(await look(), [])
  t.equal(silences.describe(instance).isSilent, false)
  at(10)
  t.same(await look(), [
    ['began', 'sales', 10, 0],
    ['began', 'unknown', 10, 0]
  ])
  t.same([silences.count, silences.describe(instance).isSilent], [2, true])
  at(20)
  t.same(await look(), [], 'it is told once')
  event('sales')
  t.same(await look(), [['ended', 'sales', 'call']])
  t.same([silences.count, silences.describe(instance).isSilent], [1, false])
  at(30)
  t.same(await look(), [['began', 'sales', 10, 20 * MINUTE]], 'another silence')
})

t.test('an instance has its own limit; 0 is never', async (t) => {
  const { at, event, look, silences } = start()
  event('patient', 'open', 60)
  event('never', 'open', 0)
  event('quick', 'open', 1)
  at(1)
  t.same(await look(), [['began', 'quick', 1, 0]])
  at(59)
  t.same(await look(), [])
  at(60)
  t.same(await look(), [['began', 'patient', 60, 0]])
  t.equal(silences.count, 2)
  t.equal(silences.afterMinutes, 10)

  const off = start({ afterMinutes: 0 })
  off.event('sales')
  off.event('own', 'open', 5)
  off.at(10_000)
  t.same(await off.look(), [['began', 'own', 5, 0]])
})

t.test('a silence ends without a word when its limit is taken away or its instance is gone', async (t) => {
  const { at, event, look, remove, silences } = start()
  const instance = event('sales')
  event('support')
  at(10)
  await look()
  Object.assign(instance, { silenceAfterMinutes: 0 })
  remove('support')
  t.same(await look(), [])
  t.equal(silences.count, 0)
})

t.test('time in which the database is away or events are refused is not silence', async (t) => {
  const { at, event, look, away, refusing, silences } = start()
  event('sales')
  at(5)
  away(true)
  await t.rejects(silences.look(), { message: 'gone' })
  at(100)
  await t.rejects(silences.look(), { message: 'gone' })
  away(false)
  t.same(await look(), [])
  at(104)
  event('new')
  t.same(await look(), [])
  at(105)
  t.same(await look(), [['began', 'sales', 10, 0]])
  refusing(true)
  t.same(await look(), [])
  at(200)
  refusing(false)
  t.same(await look(), [])
  at(208)
  t.same(await look(), [])
  at(209)
  t.same(await look(), [['began', 'new', 10, 104 * MINUTE]])
})

t.test('the time before the start in which nothing was heard is not silence', async (t) => {
  const { at, event, look, idleBeforeStart } = start()
  at(-100)
  event('older')
  at(-60)
  event('newest')
  idleBeforeStart.ms = 60 * MINUTE
  at(1)
  t.same(await look(), [['began', 'older', 10, -100 * MINUTE]])
  at(9)
  t.same(await look(), [])
  at(10)
  t.same(await look(), [['began', 'newest', 10, -60 * MINUTE]])
})

t.test('many instances are looked at in turns', async (t) => {
  const { at, event, look, silences } = start()
  for (let index = 0; index < 2_500; index++) event(`i${index}`)
  at(10)
  const looking = look()
  await Promise.resolve()
  t.ok(silences.count < 2_500)
  await looking
  t.equal(silences.count, 2_500)
})

t.test('the longest silences come first, those of the same time by name', async (t) => {
  const { at, event, look, silences } = start()
  event('b')
  event('a')
  at(1)
  event('c')
  at(20)
  await look()
  t.same(silences.longest(3), ['a', 'b', 'c'])
})
