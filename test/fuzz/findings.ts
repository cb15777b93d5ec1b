/** Longest text of a finding: bodies may have megabytes. */
const MAX_TEXT = 4_000
/** More of a kind tell nothing new. */
const MAX_OF_A_KIND = 3

/** What went against an invariant. */
export class Findings {
  readonly #byKind = new Map<string, string[]>()
  /** What each sender is doing now, for findings that no answer tells of. */
  readonly inFlight = new Map<string, unknown>()

  add(kind: string, detail: unknown): void {
    const text = typeof detail === 'string' ? detail : JSON.stringify(detail)
    const known = this.#byKind.get(kind) ?? []
    if (known.length < MAX_OF_A_KIND) known.push(text.slice(0, MAX_TEXT))
    this.#byKind.set(kind, known)
  }

  /** The same, with what was in flight. */
  addWithCause(kind: string, detail: string): void {
    this.add(kind, `${detail}; in flight: ${JSON.stringify([...this.inFlight])}`)
  }

  list(): Record<string, string[]> {
    return Object.fromEntries(this.#byKind)
  }
}
