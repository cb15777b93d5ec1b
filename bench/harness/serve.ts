import { monitorEventLoopDelay } from 'node:perf_hooks'

/** What the parent asks; an id of 0 wants no answer. */
export interface Call {
  id: number
  name: string
  args: unknown[]
}

export interface Reply {
  id: number
  value?: unknown
  error?: string
}

/** What every process answers. */
export interface Builtin {
  cpu(): number
  memory(): NodeJS.MemoryUsage
  stalls(): Stalls
}

/** For how many milliseconds the event loop was held: in the longest turn, and in all but one of a hundred. */
export interface Stalls {
  maxMs: number
  p99Ms: number
}

const delay = monitorEventLoopDelay({ resolution: 1 })

const builtin: Builtin = {
  cpu() {
    const { user, system } = process.cpuUsage()
    return user + system
  },
  memory() {
    if (!globalThis.gc) throw new Error('memory() takes --expose-gc')
    for (let round = 0; round < 3; round++) globalThis.gc()
    return process.memoryUsage()
  },
  stalls() {
    const stalls = { maxMs: delay.max / 1e6, p99Ms: delay.percentile(99) / 1e6 }
    delay.enable()
    delay.reset()
    return stalls
  }
}

/** Answers the parent's calls with these methods, until the parent is gone. */
export function serve(methods: object): void {
  const all = { ...builtin, ...methods } as unknown as Record<string, (...args: unknown[]) => unknown>
  // Ctrl-C reaches every process of the terminal; the parent ends this one.
  process.on('SIGINT', () => {})
  process.on('disconnect', () => process.exit())
  process.on('message', ({ id, name, args }: Call) => {
    if (id === 0) all[name]?.(...args)
    else void answer(id, () => all[name]?.(...args))
  })
}

async function answer(id: number, method: () => unknown): Promise<void> {
  const reply: Reply = { id }
  try {
    reply.value = await method()
  } catch (error) {
    reply.error = (error as Error).stack ?? String(error)
  }
  process.send?.(reply)
}
