import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

export interface ProgramOptions {
  /** Its own folder. */
  cwd: string
  /** Who runs it. @default the benchmark's user */
  owner?: { uid: number; gid: number } | undefined
}

/** Redis and PostgreSQL both print it. */
const READY = /ready to accept connections/i

/** A database server in the foreground. It ends with the benchmark, and its data is removed. */
export class Program {
  readonly pid: number
  readonly #process: ChildProcess
  readonly #ended: Promise<unknown>
  readonly #kill = () => this.#process.kill('SIGINT')

  private constructor(child: ChildProcess, ended: Promise<unknown>) {
    this.#process = child
    this.#ended = ended
    this.pid = child.pid ?? Number.NaN
    process.once('exit', this.#kill)
  }

  /** Resolves when it accepts connections. @throws with its output, if it ends instead */
  static async start(command: string, args: readonly string[], { cwd, owner }: ProgramOptions): Promise<Program> {
    const child = spawn(command, args, { cwd, ...owner, stdio: ['ignore', 'pipe', 'pipe'] })
    const program = new Program(child, once(child, 'exit'))
    const { promise: ready, resolve } = Promise.withResolvers<boolean>()
    let printed = ''
    for (const output of [child.stdout, child.stderr]) {
      output.setEncoding('utf8').on('data', (chunk: string) => {
        if (READY.test((printed = `${printed}${chunk}`.slice(-4_096)))) resolve(true)
      })
    }
    if (await Promise.race([ready, program.#ended.then(() => false)])) return program
    throw new Error(`${command} ended: ${printed}`)
  }

  /** Resolves when it is gone. Idempotent. */
  async close(): Promise<void> {
    process.off('exit', this.#kill)
    this.#kill()
    await this.#ended
  }
}
