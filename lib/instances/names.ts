import { setImmediate } from 'node:timers/promises'
import btree, { simpleComparator } from 'sorted-btree'

export interface NamePage {
  /** Only names behind this one. */
  after: string
  /** Only names that contain this text, whatever its case and accents. */
  search: string
  limit: number
}

/** Names handled before the clock is read, and how long the event loop may be held. */
const STEP = 256
const SLICE_MS = 5

/** Names in the order in which people look for them: case and accents do not count, unless nothing else differs. */
export class InstanceNames {
  /** By folded name and name. */
  readonly #tree = new btree.default<string, string>(undefined, compare)
  readonly #filled: Promise<void>

  /** @param names may change while they are sorted; each change is told by `add` and `delete` */
  constructor(names: Iterable<string>) {
    this.#filled = this.#fill(names)
  }

  add(name: string): void {
    this.#tree.set(keyOf(name), name)
  }

  delete(name: string): void {
    this.#tree.delete(keyOf(name))
  }

  /** Looks at as many names as it takes, and lets the event loop turn meanwhile. */
  async page({ after, search, limit }: NamePage): Promise<string[]> {
    await this.#filled
    const wanted = fold(search)
    const turn = turnTaker()
    const found: string[] = []
    let key = after === '' ? '' : keyOf(after)
    let looked = 0
    do {
      // Entered anew after each turn: a tree that has changed meanwhile is no longer the one that was walked.
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

/** Whether a page has room for this name, but for its limit. */
export function isOfPage(name: string, { after, search }: NamePage): boolean {
  const key = keyOf(name)
  return (after === '' || key > keyOf(after)) && key.includes(fold(search))
}

/** Of strings alone: the tree's own takes any kind of key, and its time. */
const compare: (a: string, b: string) => number = simpleComparator

/** Lets the event loop turn if it was held for long enough. */
function turnTaker(): () => Promise<void> {
  let since = performance.now()
  return async () => {
    if (performance.now() - since < SLICE_MS) return
    await setImmediate()
    since = performance.now()
  }
}

function keyOf(name: string): string {
  return `${fold(name)}\0${name}`
}

/** "São Paulo" as "sao paulo". */
function fold(text: string): string {
  return text.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '')
}
