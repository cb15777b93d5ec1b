import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Peer } from './peer.ts'
import { Program, type ProgramOptions } from './program.ts'

/** One benchmark's processes and folders; nothing is left of them when it is closed. */
export class Bench {
  /** Fewer and shorter runs. */
  readonly quick: boolean
  readonly #peers = new Set<Peer<unknown>>()
  readonly #programs = new Set<Program>()
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

  /** Starts a database server. Resolves when it accepts connections. @throws with its output, if it ends instead */
  async run(command: string, args: readonly string[], options: ProgramOptions): Promise<Program> {
    const program = await Program.start(command, args, options)
    this.#programs.add(program)
    return program
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
    await Promise.all([...this.#programs].map((program) => program.close()))
    for (const path of this.#folders) rmSync(path, { recursive: true, force: true })
    this.#peers.clear()
    this.#programs.clear()
    this.#folders.clear()
  }
}
