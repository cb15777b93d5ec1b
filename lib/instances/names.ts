import { setImmediate } from 'node:timers/promises'
import btree, { simpleComparator } from 'sorted-btree'

/** A page of sorted names. */
export interface NamePage {
  /** Only names after this one; empty: from the first. */
  after: string
  /** Only names that contain this text, regardless of case and accents. */
  search: string
  limit: number
}

/** Names handled between two looks at the clock, and milliseconds after which other work gets its turn. */
const STEP = 256
const SLICE_MS = 5

/** Names sorted for people: by case and accents only where nothing else differs. */
export class InstanceNames {
  /** Names by their sort key. */
  readonly #tree = new btree.default<string, string>(undefined, compare)
  readonly #filled: Promise<void>

  /** @param names may change while they are sorted, if `add` or `delete` is called for each change */
  constructor(names: Iterable<string>) {
    this.#filled = this.#fill(names)
  }

  add(name: string): void {
    this.#tree.set(keyOf(name), name)
  }

  delete(name: string): void {
    this.#tree.delete(keyOf(name))
  }

  /** A page of names. Yields to the event loop while it searches. */
  async page({ after, search, limit }: NamePage): Promise<string[]> {
    await this.#filled
    const wanted = fold(search)
    const turn = turnTaker()
    const found: string[] = []
    let key = after === '' ? '' : keyOf(after)
    let looked = 0
    do {
      // The tree may change during a turn, so iteration begins anew after it.
      looked = 0
      for (const [next, name] of this.#tree.entries(key)) {
        if (next === key) continue
        key = next
        if (next.includes(wanted) && found.push(name) === limit) return found
        if (++looked === STEP) break
      }
      await turn()
    } while (looked === STEP)
    return found
  }

  async #fill(names: Iterable<string>): Promise<void> {
    const turn = turnTaker()
    let added = 0
    for (const name of names) {
      this.add(name)
      if (++added % STEP === 0) await turn()
    }
  }
}

/** True if a name belongs to a page, apart from its limit. */
export function isOfPage(name: string, { after, search }: NamePage): boolean {
  const key = keyOf(name)
  return (after === '' || key > keyOf(after)) && key.includes(fold(search))
}

/** Compares strings only, which is faster than the comparison for keys of any type that the tree has by default. */
const compare: (a: string, b: string) => number = simpleComparator

/** Returns a function that yields to the event loop if the last yield was long enough ago. */
function turnTaker(): () => Promise<void> {
  let since = performance.now()
  return async () => {
    if (performance.now() - since < SLICE_MS) return
    await setImmediate()
    since = performance.now()
  }
}

/** The sort key of a name. */
function keyOf(name: string): string {
  return `${fold(name)}\0${name}`
}

/** Lower case without accents: "São Paulo" becomes "sao paulo". */
function fold(text: string): string {
  return text.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '')
}
