/** The longest text of a finding: bodies may have megabytes. */
const MAX_TEXT = 4_000
/** The most findings of a kind that are kept. */
const MAX_OF_A_KIND = 3

/** Collects violations of invariants. */
export class Findings {
  readonly #byKind = new Map<string, string[]>()
  /** What each sender is doing now, for findings that belong to no response. */
  readonly inFlight = new Map<string, unknown>()

  add(kind: string, detail: unknown): void {
    const text = typeof detail === 'string' ? detail : JSON.stringify(detail)
    const known = this.#byKind.get(kind) ?? []
    if (known.length < MAX_OF_A_KIND) known.push(text.slice(0, MAX_TEXT))
    this.#byKind.set(kind, known)
  }

  /** Adds a finding together with everything in flight, one of which is the cause. */
  addWithCause(kind: string, detail: string): void {
    this.add(kind, `${detail}; in flight: ${JSON.stringify([...this.inFlight])}`)
  }

  list(): Record<string, string[]> {
    return Object.fromEntries(this.#byKind)
  }
}
