import t from 'tap'
import { backends } from '../support/backends.ts'
import { API_KEY, build } from '../support/build.ts'

for (const { name, start } of await backends(t)) {
  t.test(`${name}: requests of a tenant that posts much leave others between them`, async (t) => {
    const server = await build(t, { sqs: false, websocket: false, eventLog: { url: await start(t) } })
    const post = async (instance: string, count: number) => {
      const payload = Array.from({ length: count }, () => ({ event: 'call', data: 'x'.repeat(1_000) }))
      const url = `/events/${instance}`
      const reply = await server.inject({ method: 'POST', url, headers: { apikey: API_KEY }, payload })
      return [reply.json<{ offset: number }[]>()].flat().map(({ offset }) => offset)
    }
    await post('much', 1)
    await post('little', 1)
    const much = Array.from({ length: 8 }, () => post('much', 100))
    // Large enough to wait for its turn.
    const [little = Infinity] = await post('little', 20)
    const firsts = (await Promise.all(much)).map(([first = 0]) => first)
    t.ok(little < (firsts[3] ?? 0), `${little} is before the fourth of ${firsts.join()}`)
    t.same(
      firsts.toSorted((a, b) => a - b),
      firsts
    )
  })

  t.test(`${name}: large webhooks of one instance leave those of others between them`, async (t) => {
    const server = await build(t, { sqs: false, websocket: false, eventLog: { url: await start(t) } })
    const post = async (instance: string, bytes: number) => {
      const payload = { event: 'call', instance, data: 'x'.repeat(bytes) }
      const url = '/webhook/evolution'
      const reply = await server.inject({ method: 'POST', url, headers: { apikey: API_KEY }, payload })
      return reply.json<{ offset: number }>().offset
    }
    await post('much', 1)
    await post('little', 1)
    const much = Array.from({ length: 8 }, () => post('much', 100_000))
    const little = await post('little', 20_000)
    const offsets = await Promise.all(much)
    t.ok(little < (offsets[3] ?? 0), `${little} is before the fourth of ${offsets.join()}`)
  })
}
