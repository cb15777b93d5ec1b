import { PATIENCE_MS, waitedInVain } from './until.ts'

/** Waits for states, which may be reached before the wait begins. */
export class Watch {
  readonly #waiting = new Set<() => void>()

  /** Resolves when `isSo` returns true. @throws {Error} it does not within `PATIENCE_MS` */
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

  /** Must be called after each change. */
  changed(): void {
    for (const look of this.#waiting) look()
  }
}
