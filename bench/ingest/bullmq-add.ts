import { Queue } from 'bullmq'
import { InOrder } from './in-order.ts'
import { type PostedEvent, servePlainRoute } from './plain-route.ts'

const PAGE = 1_000

/** One job of BullMQ for each event, without a worker. */
servePlainRoute(async (port) => {
  const connection = { host: '127.0.0.1', port, enableAutoPipelining: true, maxRetriesPerRequest: null }
  const queue = new Queue<PostedEvent & { instance: string }>('log', { connection })
  const order = new InOrder()
  const accepted = (id = '') => ({ id, offset: id })
  return {
    async add(instance, event) {
      return accepted((await queue.add(event.event, { instance, ...event })).id)
    },
    async addMany(instance, events) {
      const jobs = await queue.addBulk(events.map((event) => ({ name: event.event, data: { instance, ...event } })))
      return jobs.map(({ id }) => accepted(id))
    },
    async taken() {
      let count = 0
      for (;;) {
        const jobs = await queue.getWaiting(count, count + PAGE - 1)
        if (jobs.length === 0) break
        for (const { data } of jobs) order.check(JSON.stringify(data.data))
        count += jobs.length
      }
      await queue.drain()
      return count
    }
  }
})
