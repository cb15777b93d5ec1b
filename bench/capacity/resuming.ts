import { follow } from '../latency/follow.ts'
import { serve } from '../harness/serve.ts'
import type { RawSocket } from '../websocket/raw-socket.ts'

export interface Resuming {
  port: number
  namespaces: readonly string[]
  offset: number
}

const sockets: RawSocket[] = []

/** The process of the resuming sockets. */
const resuming = {
  /** A socket for each namespace. Resolves when all have what they missed. @returns events of all */
  async resume({ port, namespaces, offset }: Resuming): Promise<number> {
    let received = 0
    await Promise.all(
      namespaces.map(async (namespace) => {
        const { promise, resolve, reject } = Promise.withResolvers<void>()
        const onEvent = (text: string) => {
          if (text.includes('["resumed"')) resolve()
          else received++
        }
        sockets.push(await follow({ port, namespace, offset, onEvent, onError: reject }))
        await promise
      })
    )
    return received
  },
  /** Sockets on `/` that select an event which is never posted, so that their node reads the log and sends nothing. */
  async watch(port: number): Promise<void> {
    const onError = (error: Error) => {
      throw error
    }
    const auth = { events: ['call'] }
    sockets.push(await follow({ port, namespace: '', auth, onEvent: () => {}, onError }))
  },
  close(): void {
    for (const socket of sockets.splice(0)) socket.close()
  }
}

export type ResumingSockets = typeof resuming

serve(resuming)
