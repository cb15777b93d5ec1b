import { serve } from '../harness/serve.ts'
import { Audience, type AudienceOptions } from './audience.ts'

/** The process of all clients. */
const audiences = new Map<number, Audience>()

const clients = {
  /** Resolves with a number for the audience when all of it is connected. */
  async connect(options: AudienceOptions): Promise<number> {
    const id = audiences.size
    const audience = new Audience(options)
    audiences.set(id, audience)
    await audience.connect()
    return id
  },
  /** Resolves when every socket of an audience has received so many more events. */
  receive: (id: number, events: number) => audienceOf(id).receive(events),
  check: (id: number) => audienceOf(id).check(),
  close: (id: number) => audienceOf(id).close()
}

export type Clients = typeof clients

function audienceOf(id: number): Audience {
  const audience = audiences.get(id)
  if (!audience) throw new Error(`No audience ${id}`)
  return audience
}

serve(clients)
