import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Peer } from './peer.ts'

/** One benchmark's processes and folders; nothing is left of them when it is closed. */
export class Bench {
  /** Fewer and shorter runs. */
  readonly quick: boolean
  readonly #peers = new Set<Peer<unknown>>()
  readonly #folders = new Set<string>()

  constructor({ quick }: { quick: boolean }) {
    this.quick = quick
  }

  /** Starts a process of its own. @param nodeOptions such as `--expose-gc` */
  start<M>(module: URL, ...nodeOptions: string[]): Peer<M> {
    const peer = new Peer<M>(module, nodeOptions)
    this.#peers.add(peer as Peer<unknown>)
    return peer
  }

  /** A new folder, on the disk of the system's temporary files. */
  folder(): string {
    const path = mkdtempSync(join(tmpdir(), 'instance-events-bench-'))
    this.#folders.add(path)
    return path
  }

  /** Ends all processes, then removes the folders. Idempotent. */
  async close(): Promise<void> {
    await Promise.all([...this.#peers].map((peer) => peer.close()))
    for (const path of this.#folders) rmSync(path, { recursive: true, force: true })
    this.#peers.clear()
    this.#folders.clear()
  }
}
