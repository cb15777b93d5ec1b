import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { rawSocket, type RawSocket } from './raw-socket.ts'

/** Returns the number of connections that were closed because their clients read too slowly. */
export async function cutOffs(app: FastifyInstance): Promise<number> {
  const [sample] = (await app.eventLog.metrics.cutOff.get()).values
  return sample?.value ?? 0
}

/** Posts large events, one after the other, until `until` is true. The system buffers the first megabytes. @returns their number */
export async function flood(
  app: FastifyInstance,
  { instance = 'sales', until }: { instance?: string; until: () => boolean | Promise<boolean> }
): Promise<number> {
  const text = 'x'.repeat(500_000)
  let count = 0
  while (!(await until())) await app.onInstanceEvent({ instance, event: 'call', data: { n: count++, text } })
  return count
}

/** More than the system buffers for a client that does not read. */
export const LARGE = 'x'.repeat(10_000_000)

/** A client that connects to a namespace and reads nothing until the test resumes its `ws`. */
export async function stuckReader(t: Test, url: string, namespace: string, auth: object): Promise<RawSocket> {
  const raw = await rawSocket(t, url)
  raw.ws.send(`40${namespace},${JSON.stringify(auth)}`)
  raw.ws.pause()
  return raw
}
