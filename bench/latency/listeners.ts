import { clock } from '../harness/clock.ts'
import { serve } from '../harness/serve.ts'
import { quantile } from '../harness/statistics.ts'
import { follow } from './follow.ts'

/** The process of all clients: one socket for each namespace. */
const NUMBERED = /"instance":"([^"]*)","data":\{"n":(\d+),"at":([\d.]+),/
let latencies: number[] = []
let expected = Infinity
let wake: () => void = () => {}
let failure: Error | undefined

const listeners = {
  /** Resolves when every namespace has its socket. */
  async connect({ port, namespaces }: { port: number; namespaces: readonly string[] }): Promise<void> {
    await Promise.all(namespaces.map((namespace) => connect(port, namespace)))
  },
  begin(): void {
    latencies = []
    expected = Infinity
  },
  /** Resolves when so many events have come since `begin`. @throws one is missing, or not in order */
  async until(count: number): Promise<{ p50: number; p99: number; p999: number }> {
    await new Promise<void>((resolve) => {
      expected = count
      wake = resolve
      if (failure || latencies.length >= count) resolve()
    })
    if (failure) throw failure
    if (latencies.length !== count) throw new Error(`${count} events were published, ${latencies.length} came`)
    return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99), p999: quantile(latencies, 0.999) }
  }
}

export type Listeners = typeof listeners

async function connect(port: number, namespace: string): Promise<void> {
  // On `/` there are many instances.
  const last = new Map<string, number>()
  await follow({
    port,
    namespace,
    onEvent(text) {
      const now = clock()
      const [, instance = '', n, at] = NUMBERED.exec(text) ?? []
      const before = last.get(instance) ?? 0
      if (Number(n) !== before + 1) failed(new Error(`${instance}: after ${before} came ${n}`))
      last.set(instance, Number(n))
      latencies.push(now - Number(at))
      if (latencies.length >= expected) wake()
    },
    onError: failed
  })
}

function failed(error: Error): void {
  failure ??= error
  wake()
}

serve(listeners)
