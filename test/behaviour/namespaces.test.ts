import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { API_KEY, listen } from '../support/build.ts'
import { rawListener, rawSocket, type RawSocket } from '../support/raw-socket.ts'
import { emit, numbers } from '../support/resuming.ts'
import { connect } from '../support/sockets.ts'

type App = Awaited<ReturnType<typeof listen>>['app']

const auth = { apikey: API_KEY }
const INSTANCES = 3_000
const AT_ONCE = 500

/** The names of Socket.IO’s namespaces, which it has no public way to list. */
// oxlint-disable-next-line no-underscore-dangle
const names = ({ io }: App) => [...(io as unknown as { _nsps: Map<string, unknown> })._nsps.keys()]

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function heapMiB(): number {
  collect()
  return process.memoryUsage().heapUsed / 1_048_576
}

/** Connects to the namespaces of instances, receives one event in each, and disconnects from them. */
async function visit(app: App, { ws, packets, packet }: RawSocket, instances: string[]): Promise<void> {
  packets.length = 0
  const last = instances.at(-1)
  for (const name of instances) ws.send(`40/${name},${JSON.stringify({ ...auth, offset: 'latest' })}`)
  await packet(new RegExp(`^42/${last},\\["resumed"`))
  await app.eventLog.accept(instances.map((instance) => ({ instance, event: 'call', data: 1 })))
  await packet(new RegExp(`^42/${last},\\["call"`))
  for (const name of instances) ws.send(`41/${name},`)
  ws.send(`40/nobody,${JSON.stringify(auth)}`)
  await packet(/^44\/nobody/)
}

t.test('namespaces that clients have left take no memory', async (t) => {
  const { app, url } = await listen(t, { sqs: false })
  const instances = numbers(INSTANCES).map((n) => `i${n}`)
  await Promise.all(instances.map((name) => app.websocket.set(name, { enabled: true })))
  const raws = [await rawSocket(t, url), await rawSocket(t, url)]
  const visitAll = async () => {
    for (let at = 0; at < INSTANCES; at += AT_ONCE) {
      const raw = raws[(at / AT_ONCE) % raws.length] as RawSocket
      await visit(app, raw, instances.slice(at, at + AT_ONCE))
      t.strictSame([names(app), app.websocket.connected, app.websocket.replaying], [['/'], 0, 0])
      while ((await app.eventLog.store.log.prune({ acceptedBefore: Date.now() + 1_000, maxBytes: 1 })).more);
    }
  }
  await visitAll()
  const before = heapMiB()
  await visitAll()
  const grown = heapMiB() - before
  t.ok(grown < 3, `${grown.toFixed(1)} MiB more`)
})

t.test('an event of an instance without sockets creates no namespace', async (t) => {
  const { app, url } = await listen(t, { sqs: false })
  for (const name of ['a', 'b']) await app.websocket.set(name, { enabled: true })
  const listener = await connect(t, `${url}/a`, API_KEY)
  await emit(app, 'b', 1)
  await emit(app, 'a', 2)
  await listener.until(1)
  t.same(names(app), ['/', '/a'])
})

t.test('events and answers that a client sends reach no other client', async (t) => {
  const { app, url } = await listen(t, { sqs: false })
  for (const name of ['a', 'b']) await app.websocket.set(name, { enabled: true })
  const talker = await rawListener(t, url, '/a', auth)
  const other = await rawListener(t, url, '/a', auth)
  const received = talker.packets.length
  for (const packet of [
    '42/a,["call",{"forged":true}]',
    '42/a,7["messages.upsert",1]',
    '42/a,8["resumed"]',
    '43/a,7["an answer to nothing"]',
    '452-/a,["call",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]'
  ]) {
    talker.ws.send(packet)
  }
  talker.ws.send(Buffer.from([1, 2, 3]))
  talker.ws.send(Buffer.from([4, 5, 6]))
  talker.ws.send(`40/b,${JSON.stringify(auth)}`)
  await talker.packet(/^40\/b/)
  await emit(app, 'a', 1)
  await other.packet(/"data":1/)
  await talker.packet(/"data":1/)
  t.equal(other.packets.length, 3, 'open, connect, and the event')
  t.equal(talker.packets.length, received + 2)
})

t.test('a client that sends invalid packets is disconnected', async (t) => {
  const { app, url } = await listen(t, { sqs: false })
  await app.websocket.set('a', { enabled: true })
  const packets = {
    'more than 100 kB': `42/a,["${'x'.repeat(100_000)}"]`,
    'a key of more than that': `40/a,{"apikey":"${'x'.repeat(100_000)}"}`,
    'many attachments': '451000-/a,["call"]',
    'a million attachments': '451000000-/a,["call"]',
    'a name that is reserved': '42/a,["disconnect"]',
    'something to a namespace that it is not in': '42/b,["call"]',
    'no JSON': '42/a,{[',
    'an unknown type': '49/a,'
  }
  const witness = await connect(t, `${url}/a`, API_KEY)
  for (const [what, packet] of Object.entries(packets)) {
    const { ws, closed } = await rawListener(t, url, '/a', auth)
    ws.send(packet)
    await closed
    t.pass(what)
  }
  t.ok(witness.socket.connected)
  t.equal((await app.inject('/health')).statusCode, 200)
})
