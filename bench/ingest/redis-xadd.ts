import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { InOrder } from './in-order.ts'
import { type PostedEvent, servePlainRoute } from './plain-route.ts'

const STREAM = 'log'

/** One `XADD` an event; those of one turn of the event loop share a write to Redis. */
servePlainRoute(async (port) => {
  const redis = new Redis({ host: '127.0.0.1', port, enableAutoPipelining: true })
  const order = new InOrder()

  async function add(instance: string, { event, data, sender, serverUrl }: PostedEvent) {
    const id = randomUUID()
    const fields = { id, instance, event, sender, serverUrl, data: JSON.stringify(data) }
    // Without NOMKSTREAM it always answers an id.
    const offset = (await redis.xadd(STREAM, '*', ...Object.entries(fields).flat())) as string
    return { id, offset }
  }

  return {
    add,
    addMany: (instance, events) => Promise.all(events.map((event) => add(instance, event))),
    async taken() {
      let after = '-'
      let count = 0
      for (;;) {
        const page = await redis.xrange(STREAM, after, '+', 'COUNT', 1_000)
        if (page.length === 0) break
        for (const [, fields] of page) order.check(fields[fields.indexOf('data') + 1] as string)
        count += page.length
        after = `(${page.at(-1)?.[0]}`
      }
      await redis.xtrim(STREAM, 'MAXLEN', 0)
      return count
    }
  }
})
