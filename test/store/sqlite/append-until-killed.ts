import { SqliteStore } from '../../../lib/store/sqlite/store.ts'
import { newEvent } from '../../support/new-event.ts'

/** Run as a process of its own: appends to the file it is given, and says each offset once it is durable. */
const [path = ''] = process.argv.slice(2)
const store = new SqliteStore({ path })

async function producer(): Promise<never> {
  for (;;) {
    const results = await store.log.append([newEvent({ queues: ['a'] }), newEvent({ queues: ['a'] })])
    const delivery = { queue: 'a', instanceKey: store.instances.require('sales').key, offset: results[0]!.offset }
    void store.deliveries.acknowledge([delivery])
    process.stdout.write(results.map(({ offset, id }) => `${offset} ${id}\n`).join(''))
    // Lets what was said out, and the next turn's appends share a transaction.
    await new Promise((resolve) => setImmediate(resolve))
  }
}

await Promise.all(Array.from({ length: 5 }, producer))
