import { randomUUID } from 'node:crypto'
import { type Accepted, servePlainRoute } from './plain-route.ts'

/** The peers' route, which answers without storing anything. */
servePlainRoute(async () => {
  let taken = 0
  const accepted = (): Accepted => ({ id: randomUUID(), offset: String(++taken) })
  return {
    add: async () => accepted(),
    addMany: async (_instance, events) => events.map(accepted),
    async taken() {
      const count = taken
      taken = 0
      return count
    }
  }
})
