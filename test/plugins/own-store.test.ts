import t from 'tap'
import type { EventStore, InstanceDirectory } from '../../app.ts'
import app from '../../app.ts'
import { SqliteStore } from '../../lib/store/sqlite/store.ts'
import { API_KEY, bare } from '../support/build.ts'
import { connect } from '../support/sockets.ts'

/** The members of an interface by another object, which is of no class: private members cannot be reached through it. */
function another<T extends object>(inner: T, own: Partial<T> = {}): { [K in keyof T]: T[K] } {
  return new Proxy(inner, {
    get(_target, name) {
      const from = name in own ? own : inner
      const value = Reflect.get(from, name) as unknown
      return typeof value === 'function' ? value.bind(from) : value
    }
  })
}

t.test('a store needs only the members of the interface', async (t) => {
  const sqlite = new SqliteStore({ path: ':memory:' })
  t.after(() => sqlite.close())
  const instances: InstanceDirectory = another<InstanceDirectory>(sqlite.instances)
  const store: EventStore = another<EventStore>(sqlite, { instances })
  const server = bare(t)
  await server.register(app, { apiKey: API_KEY, docs: false, eventLog: { store }, sqs: { region: 'us-east-1' } })
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  await server.websocket.set('sales', { enabled: true })
  const { until } = await connect(t, `${url}/sales`, API_KEY)
  await server.onInstanceEvent({ instance: 'sales', event: 'call', data: 1 })
  t.match(await until(1), [{ event: 'call', message: { data: 1 } }])
  const headers = { apikey: API_KEY }
  for (const path of ['/events/sales', '/instance/fetchInstances', '/sqs/deadletters', '/overview', '/metrics'])
    t.equal((await server.inject({ url: path, headers })).statusCode, 200, path)
  await server.close()
  await t.resolves(sqlite.check(), 'it stays open')
})
