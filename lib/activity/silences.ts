import { setImmediate } from 'node:timers/promises'
import type { Instance } from '../instances/instance.ts'
import type { InstanceDirectory } from '../instances/directory.ts'
import { FirstItems } from '../operation/first-items.ts'
import { compareTexts } from '../text/compare-texts.ts'
import type { Activities, Activity } from './activities.ts'
import type { ActivityRecord } from './activity-table.ts'
import { shouldSend } from './quietest.ts'

/** The recent activity of an instance, and whether it is silent. */
export interface InstanceActivity extends Activity {
  readonly isSilent: boolean
}

/** A silent instance. */
export interface Silence {
  readonly instance: Instance
  /** The record of the instance when the silence was found. */
  readonly last: ActivityRecord
  readonly afterMinutes: number
}

export interface SilencesOptions {
  activities: Pick<Activities, 'of' | 'records' | 'record' | 'refresh' | 'idleBeforeStart'>
  instances: Pick<InstanceDirectory, 'get'>
  /** Minutes without an event after which an instance is silent, unless it has its own value; 0: never. */
  afterMinutes: number
  /** True while events are refused, so that no instance can be judged. */
  isRefusing: () => boolean
  /** Milliseconds since the epoch. @default Date.now */
  now?: () => number
}

/** Receives the beginning and end of silences. Its methods must not throw. */
export interface SilenceWatcher {
  began(silence: Silence): void
  /** Called when the instance has sent an event again. @param record the current one */
  ended(silence: Silence, record: ActivityRecord): void
}

/** Records that are looked at before other work gets its turn. */
const SLICE = 1_000

/** Finds silent instances: those that should send events and have sent none for longer than their limit. */
export class Silences {
  readonly #options: Required<SilencesOptions>
  readonly #silent = new Map<number, Silence>()
  readonly #watchers = new Set<SilenceWatcher>()
  /** The last period in which no event could be accepted. It does not count as silence. */
  #deaf: { ms: number; until: number } | undefined
  #deafSince: number | undefined

  constructor(options: SilencesOptions) {
    this.#options = { now: () => Date.now(), ...options }
  }

  /** Number of silent instances. */
  get count(): number {
    return this.#silent.size
  }

  /** Minutes without an event after which an instance is silent, unless it has its own value; 0: never. */
  get afterMinutes(): number {
    return this.#options.afterMinutes
  }

  isSilent(instanceKey: number): boolean {
    return this.#silent.has(instanceKey)
  }

  /** Names of the first silent instances: those whose last event is the oldest. */
  longest(limit: number): string[] {
    const byLast = (a: Silence, b: Silence) =>
      a.last.lastAt - b.last.lastAt || compareTexts(a.instance.name, b.instance.name)
    return new FirstItems(limit, byLast).addAll(this.#silent.values()).items.map(({ instance }) => instance.name)
  }

  /** Returns the activity of an instance, from memory alone, and whether it is silent. */
  describe(instance: Instance): InstanceActivity {
    return { ...this.#options.activities.of(instance), isSilent: this.isSilent(instance.key) }
  }

  watch(watcher: SilenceWatcher): void {
    this.#watchers.add(watcher)
  }

  /** Adds a silence that was found before the start. */
  restore(silence: Silence): void {
    this.#silent.set(silence.instance.key, silence)
  }

  /** Checks for silences that begin or end. @throws the database cannot be read */
  async look(): Promise<void> {
    const { activities, isRefusing, now } = this.#options
    try {
      await activities.refresh()
    } catch (error) {
      this.#deafSince ??= now()
      throw error
    }
    if (isRefusing()) {
      this.#deafSince ??= now()
      return
    }
    const at = now()
    if (this.#deafSince !== undefined) this.#deaf = { ms: at - this.#deafSince, until: at }
    this.#deafSince = undefined
    this.#endSilences()
    const { idleBeforeStart } = activities
    let looked = 0
    for (const record of activities.records()) {
      const silence = this.#silenceOf(record, { at, deaf: this.#deaf ?? idleBeforeStart })
      if (silence) this.#begin(silence)
      if (++looked % SLICE === 0) await setImmediate()
    }
  }

  #begin(silence: Silence): void {
    this.#silent.set(silence.instance.key, silence)
    for (const watcher of this.#watchers) watcher.began(silence)
  }

  #endSilences(): void {
    const { activities, instances } = this.#options
    for (const [key, silence] of this.#silent) {
      const { instance, last } = silence
      const record = activities.record(key)
      const current = instances.get(instance.name)
      const exists = current?.key === key
      // After a start, the record may not have been read yet.
      const isOver = record !== undefined && record.lastOffset !== last.lastOffset
      if (exists && !isOver && this.#limitOf(current) > 0) continue
      this.#silent.delete(key)
      if (exists && isOver) for (const watcher of this.#watchers) watcher.ended(silence, record)
    }
  }

  #silenceOf(
    record: ActivityRecord,
    { at, deaf }: { at: number; deaf: { ms: number; until: number } }
  ): Silence | undefined {
    if (!shouldSend(record) || this.#silent.has(record.instanceKey)) return undefined
    // `records` yields existing instances only.
    const instance = this.#options.instances.get(record.instance) as Instance
    const afterMinutes = this.#limitOf(instance)
    const quietMs = at - record.lastAt - (record.lastAt < deaf.until ? deaf.ms : 0)
    if (afterMinutes === 0 || quietMs < afterMinutes * 60_000) return undefined
    return { instance, last: record, afterMinutes }
  }

  #limitOf({ silenceAfterMinutes }: Instance): number {
    return silenceAfterMinutes ?? this.#options.afterMinutes
  }
}
