import { connect as open } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { API_KEY, listen } from '../support/build.ts'
import { numbers } from '../support/resuming.ts'
import { connect as connectClient } from '../support/sockets.ts'
import { soonOnce, until } from '../support/until.ts'

const CLIENTS = 60
/** Text of a client is masked, here with zeros. https://www.rfc-editor.org/rfc/rfc6455#section-5.2 */
const FRAME = [0x81, 0, 0, 0, 0, 0]

/** A handshake, and what a client sends after it, in one write. */
function handshake(packet: string): Buffer {
  const head = [
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
    'Host: 127.0.0.1',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
  ]
  const frame = Buffer.from(FRAME)
  frame[1] = 0x80 | packet.length
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), frame, Buffer.from(packet)])
}

/** A server with clients that have connected by TCP and sent nothing yet. */
async function start(t: Test) {
  const { app, url } = await listen(t, { sqs: false })
  await app.websocket.set('sales', { enabled: true })
  const texts = new Map<number, string>()
  const connections = numbers(CLIENTS).map(async () => {
    const socket = open({ port: Number(new URL(url).port), host: '127.0.0.1' })
    t.after(() => socket.destroy())
    await soonOnce(socket, 'connect')
    const { localPort = 0 } = socket
    socket.on('data', (chunk) => texts.set(localPort, (texts.get(localPort) ?? '') + String(chunk)))
    return [localPort, socket] as const
  })
  const sockets = new Map(await Promise.all(connections))
  const countConnections = promisify(app.server.getConnections.bind(app.server))
  await until(async () => (await countConnections()) === CLIENTS)
  const connect = () => {
    const request = handshake(`40/sales,${JSON.stringify({ apikey: API_KEY })}`)
    for (const socket of sockets.values()) socket.write(request)
  }
  const countConnected = () => [...texts.values()].filter((text) => text.includes('40/sales,{"sid"')).length
  return { app, url, sockets, connect, countConnected }
}

t.test('clients that connect at once are connected, few in a turn of the event loop', async (t) => {
  const { app, url, connect, countConnected } = await start(t)
  const turn = { opened: 0, connected: 0 }
  const turns: (typeof turn)[] = []
  app.io.engine.on('connection', () => turn.opened++)
  app.io.on('new_namespace', (namespace) => namespace.on('connection', () => turn.connected++))
  const watching = new AbortController()
  const watch = async () => {
    while (!watching.signal.aborted) {
      await setImmediate()
      turns.push({ ...turn })
      Object.assign(turn, { opened: 0, connected: 0 })
    }
  }
  const watched = watch()
  connect()
  await until(() => countConnected() === CLIENTS).finally(() => watching.abort())
  await watched
  const sum = (key: keyof typeof turn) => turns.reduce((total, counts) => total + counts[key], 0)
  t.strictSame([sum('opened'), sum('connected')], [CLIENTS, CLIENTS])
  const most = (key: keyof typeof turn) => Math.max(...turns.map((counts) => counts[key]))
  t.ok(most('opened') < 10 && most('connected') < 10, `${most('opened')} and ${most('connected')}`)
  for (const transports of [['polling'], ['polling', 'websocket']])
    await connectClient(t, `${url}/sales`, API_KEY, { transports })
})

t.test('clients that go while they wait are dropped, and the others are connected', async (t) => {
  const { app, sockets, connect, countConnected } = await start(t)
  const { engine } = app.io
  const handleUpgrade = engine.handleUpgrade.bind(engine)
  const waiting: number[] = []
  engine.handleUpgrade = (request, socket, head) => {
    handleUpgrade(request, socket, head)
    waiting.push(request.socket.remotePort ?? 0)
    if (waiting.length < CLIENTS) return
    for (const port of waiting.slice(-20, -10)) sockets.get(port)?.resetAndDestroy()
    for (const port of waiting.slice(-10)) sockets.get(port)?.end()
  }
  let opened = 0
  engine.on('connection', () => opened++)
  connect()
  await until(() => countConnected() === CLIENTS - 20)
  await until(() => [...sockets.values()].filter(({ destroyed }) => destroyed).length === 20)
  t.strictSame([opened, engine.clientsCount], [CLIENTS - 20, CLIENTS - 20])
})
