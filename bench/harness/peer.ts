import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Builtin, Call, Reply, Stalls } from './serve.ts'

type Arguments<F> = F extends (...args: infer A) => unknown ? A : never
type Result<F> = F extends (...args: never[]) => infer R ? Awaited<R> : never

interface Pending {
  resolve: (value: never) => void
  reject: (error: Error) => void
}

/** Milliseconds after which a process that does not end is killed. */
const GRACE_MS = 2_000

/** A process of its own, and the methods that it serves (`serve`). Calls fail when it ends. */
export class Peer<M> {
  readonly #process: ChildProcess
  readonly #pending = new Map<number, Pending>()
  readonly #ended: Promise<unknown>
  #calls = 0

  /** @param module which calls `serve` */
  constructor(module: URL, nodeOptions: readonly string[]) {
    this.#process = fork(module, { execArgv: [...nodeOptions], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#ended = once(this.#process, 'exit').then(([code, signal]) => {
      const error = new Error(`${module.pathname} ended (${String(code ?? signal)})`)
      for (const { reject } of this.#pending.values()) reject(error)
      this.#pending.clear()
    })
    this.#process.on('message', (reply: Reply) => this.#settle(reply))
  }

  call<K extends keyof M & string>(name: K, ...args: Arguments<M[K]>): Promise<Result<M[K]>> {
    return this.#ask(name, args) as Promise<Result<M[K]>>
  }

  /** A call that is not answered, so that it costs the other side little. */
  tell<K extends keyof M & string>(name: K, ...args: Arguments<M[K]>): void {
    this.#send({ id: 0, name, args })
  }

  /** Microseconds of processor time that the process took so far, with all its threads. */
  cpu(): Promise<number> {
    return this.#ask('cpu' satisfies keyof Builtin, []) as Promise<number>
  }

  /** After a collection of garbage; the process needs `--expose-gc`. */
  memory(): Promise<NodeJS.MemoryUsage> {
    return this.#ask('memory' satisfies keyof Builtin, []) as Promise<NodeJS.MemoryUsage>
  }

  /** How long the event loop was held since the last call. The first one begins to measure. */
  stalls(): Promise<Stalls> {
    return this.#ask('stalls' satisfies keyof Builtin, []) as Promise<Stalls>
  }

  /** Resolves when the process is gone. Idempotent. */
  async close(): Promise<void> {
    if (this.#process.connected) this.#process.disconnect()
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), GRACE_MS)
    await this.#ended
    clearTimeout(timer)
  }

  #ask(name: string, args: unknown[]): Promise<unknown> {
    const id = ++this.#calls
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
      if (this.#process.exitCode === null && this.#process.signalCode === null) this.#send({ id, name, args })
      else this.#settle({ id, error: 'the process has ended' })
    })
  }

  #send(call: Call): void {
    // If the process ends during the write, its `exit` event rejects the call.
    this.#process.send(call, () => {})
  }

  #settle({ id, value, error }: Reply): void {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    if (error === undefined) pending?.resolve(value as never)
    else pending?.reject(new Error(error))
  }
}
