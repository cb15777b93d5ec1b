import type { InstanceDirectory } from '../instances/directory.ts'
import type { Instance } from '../instances/instance.ts'
import { isOfPage, nameMatcher, type NamePage } from '../instances/names.ts'
import { compareTexts } from '../text/compare-texts.ts'
import { turnTaker } from '../turn-taker.ts'
import type { Activities } from './activities.ts'
import type { Silences } from './silences.ts'

/** What instances are sorted by; `events`: their number in the last hour. */
export type InstanceSort = 'name' | 'createdAt' | 'lastEventAt' | 'events'
/** Which instances: those with a selection that is on for a transport, those with none that is on, or the silent ones. */
export type InstanceState = 'sqs' | 'websocket' | 'off' | 'silent'

export interface InstanceFilter {
  /** Part of the name, regardless of case and accents; empty: any name. */
  search: string
  /** @default all */
  state?: InstanceState | undefined
}

export interface InstancePage extends InstanceFilter, Required<Pick<NamePage, 'after' | 'limit' | 'order'>> {
  sort: InstanceSort
  /**
   * The value of the instance `after` when its page was read, which may have changed since: milliseconds since the epoch, or a
   * number of events. Not used with names.
   */
  afterValue: number
}

export interface InstancePagesOptions {
  instances: InstanceDirectory
  activities: Pick<Activities, 'of' | 'record'>
  silences: Pick<Silences, 'isSilent'>
}

/** An instance and what it is sorted by. */
interface Placed {
  value: number
  name: string
}

/** Instances handled between two looks at the clock. */
const STEP = 256
/** More instances are in memory than a page has, so that few of them are sorted. */
const SPARE = 512

/**
 * Reads the instances page by page, in several orders. A page is those behind the last instance of the page before. An instance
 * whose value changes in between may be missing or appear twice; others are seen once. Yields to the event loop while it searches.
 */
export class InstancePages {
  readonly #options: InstancePagesOptions

  constructor(options: InstancePagesOptions) {
    this.#options = options
  }

  async page(page: InstancePage): Promise<Instance[]> {
    const { instances } = this.#options
    const { after, search, limit, order, state } = page
    if (page.sort !== 'name') return this.#byValue(page)
    return instances.page({
      after,
      search,
      limit,
      order,
      accepts: state && ((instance) => this.#isIn(instance, state))
    })
  }

  /** Number of instances that fit, on all pages. */
  async count({ search, state }: InstanceFilter): Promise<number> {
    const { instances } = this.#options
    if (search === '' && state === undefined) return instances.size
    let count = 0
    await this.#each({ search, state }, () => count++)
    return count
  }

  /** True if an instance belongs to a page, apart from its limit. */
  has(instance: Instance, page: InstancePage): boolean {
    const { search, state, sort, after } = page
    if (state !== undefined && !this.#isIn(instance, state)) return false
    if (sort === 'name') return isOfPage(instance.name, page)
    if (!nameMatcher(search)(instance.name)) return false
    return after === '' || inOrder(page)(this.#place(instance, sort), cursorOf(page)) > 0
  }

  async #byValue(page: InstancePage): Promise<Instance[]> {
    const { instances } = this.#options
    const { sort, limit, after } = page
    const compare = inOrder(page)
    const cursor = cursorOf(page)
    const found: Placed[] = []
    let last: Placed | undefined
    const shorten = () => {
      found.sort(compare)
      found.splice(limit)
      last = found[limit - 1]
    }
    await this.#each(page, (instance) => {
      const placed = this.#place(instance, sort)
      if (after !== '' && compare(placed, cursor) <= 0) return
      if (last && compare(placed, last) >= 0) return
      if (found.push(placed) >= limit + SPARE) shorten()
    })
    shorten()
    // An instance may have been removed meanwhile.
    return found.map(({ name }) => instances.get(name)).filter((instance) => instance !== undefined)
  }

  async #each({ search, state }: InstanceFilter, use: (instance: Instance) => void): Promise<void> {
    const turn = turnTaker()
    const isNamed = nameMatcher(search)
    let looked = 0
    for (const instance of this.#options.instances.list()) {
      if ((state === undefined || this.#isIn(instance, state)) && isNamed(instance.name)) use(instance)
      if (++looked % STEP === 0) await turn()
    }
  }

  #place(instance: Instance, sort: InstanceSort): Placed {
    return { value: this.#valueOf(instance, sort), name: instance.name }
  }

  #valueOf(instance: Instance, sort: InstanceSort): number {
    const { activities } = this.#options
    if (sort === 'createdAt') return instance.createdAt.getTime()
    if (sort === 'lastEventAt') return activities.record(instance.key)?.lastAt ?? 0
    return activities.of(instance).events.hour
  }

  #isIn(instance: Instance, state: InstanceState): boolean {
    if (state === 'silent') return this.#options.silences.isSilent(instance.key)
    const { sqs, websocket } = instance.selections
    if (state === 'off') return !sqs?.enabled && !websocket?.enabled
    return instance.selections[state]?.enabled === true
  }
}

function cursorOf({ afterValue, after }: InstancePage): Placed {
  return { value: afterValue, name: after }
}

/** Compares by value, and by name where values are equal. */
function inOrder({ order }: InstancePage): (one: Placed, other: Placed) => number {
  const sign = order === 'asc' ? 1 : -1
  return (one, other) => sign * (one.value - other.value || compareTexts(one.name, other.name))
}
