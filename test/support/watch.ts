/** Waits for a state instead of for an event that may have been before. */
export class Watch {
  readonly #waiting = new Set<() => void>()

  /** Resolves when this is so. */
  until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!isSo()) return
        this.#waiting.delete(look)
        resolve()
      }
      this.#waiting.add(look)
      look()
    })
  }

  /** To be called whenever something has changed. */
  changed(): void {
    for (const look of this.#waiting) look()
  }
}
