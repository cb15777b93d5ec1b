import { BACKSLASH, CLOSE_ARRAY, CLOSE_OBJECT, COMMA, OPEN_ARRAY, OPEN_OBJECT, QUOTE, SPACE } from './scan.ts'

/** The members to cut out, by name; under each that stays, those to cut out of it. */
export type MemberTree = Map<string, MemberTree | 'omitted'>

/**
 * Cuts members out of valid JSON text, also of the items of arrays. Everything else stays as it was written, with every digit of a
 * number; a member that occurs twice is cut out twice. The time depends on the length of the text, not on the number of members.
 */
export function withoutMembers(json: string, tree: MemberTree): string {
  return new Cutter(json).cut(tree)
}

class Cutter {
  readonly #json: string
  readonly #kept: string[] = []
  /** Position up to which the text is in `#kept`, or cut out. */
  #done = 0

  constructor(json: string) {
    this.#json = json
  }

  cut(tree: MemberTree): string {
    this.#value(this.#skipSpace(0), tree)
    this.#kept.push(this.#json.slice(this.#done))
    return this.#kept.join('')
  }

  /** Reads the value that begins at a position; returns its end. */
  #value(at: number, tree: MemberTree): number {
    const code = this.#json.charCodeAt(at)
    if (code === OPEN_OBJECT) return this.#members(at, tree)
    return code === OPEN_ARRAY ? this.#items(at, tree) : this.#skipValue(at)
  }

  #items(at: number, tree: MemberTree): number {
    let next = this.#skipSpace(at + 1)
    while (this.#json.charCodeAt(next) !== CLOSE_ARRAY) next = this.#skipComma(this.#value(next, tree))
    return next + 1
  }

  #members(at: number, tree: MemberTree): number {
    /** End of the previous member, if one that stays comes before the next. */
    let before: number | undefined
    let next = this.#skipSpace(at + 1)
    while (this.#json.charCodeAt(next) !== CLOSE_OBJECT) {
      const nameEnd = this.#skipString(next)
      // The colon is between them.
      const valueAt = this.#skipSpace(this.#skipSpace(nameEnd) + 1)
      const inner = tree.get(this.#name(next, nameEnd))
      const isMapped = inner !== undefined && inner !== 'omitted'
      const end = isMapped ? this.#value(valueAt, inner) : this.#skipValue(valueAt)
      const following = this.#skipComma(end)
      if (inner === 'omitted') this.#drop(before ?? next, before === undefined ? following : end)
      if (inner !== 'omitted' || before !== undefined) before = end
      next = following
    }
    return next + 1
  }

  #drop(from: number, to: number): void {
    this.#kept.push(this.#json.slice(this.#done, from))
    this.#done = to
  }

  #name(at: number, end: number): string {
    const name = this.#json.slice(at + 1, end - 1)
    return name.includes('\\') ? (JSON.parse(`"${name}"`) as string) : name
  }

  #skipValue(at: number): number {
    const json = this.#json
    let open = 0
    let next = at
    do {
      const code = json.charCodeAt(next)
      if (code === QUOTE) next = this.#skipString(next)
      else {
        if (code === OPEN_OBJECT || code === OPEN_ARRAY) open++
        else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) open--
        next++
      }
    } while (open > 0 || !this.#endsValue(next))
    return next
  }

  /** True where an item or the value of a member ends. */
  #endsValue(at: number): boolean {
    const code = this.#json.charCodeAt(at)
    return !(code > SPACE) || code === COMMA || code === CLOSE_OBJECT || code === CLOSE_ARRAY
  }

  #skipString(at: number): number {
    const json = this.#json
    let end = at
    do end = json.indexOf('"', end + 1)
    while (this.#isEscaped(end))
    return end + 1
  }

  /** True after an odd number of backslashes. */
  #isEscaped(at: number): boolean {
    let from = at
    while (this.#json.charCodeAt(from - 1) === BACKSLASH) from--
    return (at - from) % 2 === 1
  }

  #skipSpace(at: number): number {
    let next = at
    while (this.#json.charCodeAt(next) <= SPACE) next++
    return next
  }

  /** Returns the position of the next member or item, or of the closing bracket. */
  #skipComma(at: number): number {
    const next = this.#skipSpace(at)
    return this.#json.charCodeAt(next) === COMMA ? this.#skipSpace(next + 1) : next
  }
}
