import { PATIENCE_MS, waitedInVain } from './until.ts'

/** Waits for a state instead of for an event that may have been before. */
export class Watch {
  readonly #waiting = new Set<() => void>()

  /** Resolves when this is so. @throws {Error} it does not become so */
  until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(look)
        reject(waitedInVain(isSo, PATIENCE_MS))
      }, PATIENCE_MS)
      const look = () => {
        if (!isSo()) return
        clearTimeout(timer)
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
