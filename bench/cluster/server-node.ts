import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const SERVER = fileURLToPath(new URL('../../server.ts', import.meta.url))

/** A node of a cluster: a process of `server.ts`. */
export class ServerNode {
  readonly url: string
  readonly #process: ChildProcess
  readonly #ended: Promise<unknown>

  private constructor({ url, child, ended }: { url: string; child: ChildProcess; ended: Promise<unknown> }) {
    this.url = url
    this.#process = child
    this.#ended = ended
  }

  /** Resolves when it is ready. @throws with what it printed, if it ends instead */
  static async start(cwd: string, env: Record<string, string>): Promise<ServerNode> {
    const child = spawn(process.execPath, [SERVER], { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(child, 'exit')
    let printed = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (printed += chunk))
    for (;;) {
      const [, url] = /^ {2}HTTP API +(\S+)/m.exec(printed) ?? []
      if (url !== undefined) return new ServerNode({ url, child, ended })
      const over = await Promise.race([once(child.stdout, 'data').then(() => false), ended.then(() => true)])
      if (over) throw new Error(`The server ended: ${printed}`)
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal)
  }

  /** Parts of the instances that it sends to SQS. */
  async lanes(): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text()
    return Number(/^iev_node_partitions (\d+)$/m.exec(text)?.[1])
  }

  /** Resolves when the process is gone. Idempotent. */
  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.#ended
  }
}
