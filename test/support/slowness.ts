import type { FastifyInstance } from 'fastify'

/** How many connections were closed because the client read too slowly. */
export async function cutOffs(app: FastifyInstance): Promise<number> {
  const [sample] = (await app.eventLog.metrics.cutOff.get()).values
  return sample?.value ?? 0
}

/** Posts large events, one after the other, until something is so: the system's own buffers take some megabytes. */
export async function flood(
  app: FastifyInstance,
  { instance = 'sales', until }: { instance?: string; until: () => boolean | Promise<boolean> }
): Promise<number> {
  const text = 'x'.repeat(500_000)
  let count = 0
  while (!(await until())) await app.onInstanceEvent({ instance, event: 'call', data: { n: count++, text } })
  return count
}
