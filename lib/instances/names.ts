import btree, { simpleComparator } from 'sorted-btree'
import type { Instance } from './instance.ts'
import { turnTaker } from '../turn-taker.ts'

/** A page of sorted names. */
export interface NamePage {
  /** Only names after this one; empty: from the first. */
  after: string
  /** Only names that contain this text, regardless of case and accents. */
  search: string
  limit: number
  /** @default 'asc' */
  order?: 'asc' | 'desc'
  /** Which of them; absent: all. */
  accepts?: ((instance: Instance) => boolean) | undefined
}

/** A page of names, of those that are accepted. */
type AcceptedNames = Omit<NamePage, 'accepts'> & { accepts?: (name: string) => boolean }

/** Names handled between two looks at the clock. */
const STEP = 256

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
  async page({ after, search, limit, order = 'asc', accepts = () => true }: AcceptedNames): Promise<string[]> {
    await this.#filled
    const wanted = fold(search)
    const turn = turnTaker()
    const found: string[] = []
    let key = after === '' ? undefined : keyOf(after)
    let looked = 0
    do {
      // The tree may change during a turn, so iteration begins anew after it.
      looked = 0
      for (const [next, name] of order === 'asc' ? this.#tree.entries(key) : this.#tree.entriesReversed(key)) {
        if (next === key) continue
        key = next
        if (next.includes(wanted) && accepts(name) && found.push(name) === limit) return found
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
export function isOfPage(name: string, { after, search, order = 'asc' }: Omit<NamePage, 'limit'>): boolean {
  const key = keyOf(name)
  const isBehind = order === 'asc' ? key > keyOf(after) : key < keyOf(after)
  return (after === '' || isBehind) && key.includes(fold(search))
}

/** Returns a function that finds a text in a name, regardless of case and accents. */
export function nameMatcher(search: string): (name: string) => boolean {
  if (search === '') return () => true
  const wanted = fold(search)
  return (name) => fold(name).includes(wanted)
}

/** Compares strings only, which is faster than the comparison for keys of any type that the tree has by default. */
const compare: (a: string, b: string) => number = simpleComparator

/** The sort key of a name. */
function keyOf(name: string): string {
  return `${fold(name)}\0${name}`
}

/** Lower case without accents: "São Paulo" becomes "sao paulo". */
function fold(text: string): string {
  return text.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '')
}
