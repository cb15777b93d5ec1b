import { serve } from '../harness/serve.ts'
import { follow } from '../latency/follow.ts'
import { INSTANCE } from './ingest-server.ts'

let received = 0
let expected = Infinity
let wake: () => void = () => {}
let failure: Error | undefined

/** Sockets that follow the instance to which the load posts, and count what they receive. */
const following = {
  /** @param options.filters whether each has a filter of its own, which all events fit */
  async connect({ port, sockets, filters }: { port: number; sockets: number; filters: boolean }): Promise<void> {
    const onEvent = () => {
      if (++received >= expected) wake()
    }
    const onError = (error: Error) => {
      failure ??= error
      wake()
    }
    const filter = (number: number) => ({ filter: { n: [{ numeric: ['>', -number] }] } })
    for (let number = 1; number <= sockets; number++)
      await follow({ port, namespace: INSTANCE, onEvent, onError, ...(filters && { auth: filter(number) }) })
  },
  /** Resolves when all sockets together have received so many events since the last call. @throws they have received more */
  async until(count: number): Promise<void> {
    await new Promise<void>((resolve) => {
      expected = count
      wake = resolve
      if (failure || received >= count) resolve()
    })
    if (failure) throw failure
    if (received !== count) throw new Error(`${count} deliveries were expected, ${received} came`)
    received = 0
    expected = Infinity
  }
}

export type Following = typeof following

serve(following)
