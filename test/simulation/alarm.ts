import type { SimulatedProcess } from './clock.ts'

/** Rings within a commit to come: when it is written or durable, and nobody knows of it yet. */
export class Alarm {
  #set: { commits: number; ring: (process: SimulatedProcess) => void } | undefined

  /** Calls `ring` in the last of so many steps of commits. Returns how to call it off. */
  set(commits: number, ring: (process: SimulatedProcess) => void): () => void {
    this.#set = { commits, ring }
    return () => {
      this.#set = undefined
    }
  }

  /** To be called in each step of a commit, with the process that asked for it. */
  committed(process: SimulatedProcess): void {
    const alarm = this.#set
    if (!alarm || --alarm.commits > 0) return
    this.#set = undefined
    alarm.ring(process)
  }
}
