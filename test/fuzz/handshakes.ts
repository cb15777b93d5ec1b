import * as fc from 'fast-check'
import { WebSocket } from 'ws'
import { jsonText } from './json-texts.ts'
import { API_KEY, GOOD, HOSTILE, MARK } from './tenants.ts'

/** A connection of Engine.IO, or something like one, and the frames that are sent over it. */
export interface HostileHandshake {
  query: string
  frames: (string | Uint8Array)[]
}

const namespace = fc.constantFrom(
  '/',
  `/${HOSTILE.instance}`,
  `/${GOOD.instance}`,
  '/__proto__',
  '/%00',
  '/a,b',
  '//',
  `/${'n'.repeat(200)}`
)
// Not the global key: it may read the events of the good tenant.
const auth = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '',
      `{"apikey":"${HOSTILE.token}"}`,
      `{"apikey":"${HOSTILE.token}","offset":0}`,
      '{"apikey":"wrong-key"}',
      '{"apikey":{}}',
      '{"__proto__":{"apikey":1}}'
    )
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('offset', 'events', 'instances', 'log'), jsonText)
      .map(([name, value]) => `{"apikey":"${HOSTILE.token}","${name}":${value}}`)
  },
  { weight: 1, arbitrary: jsonText }
)
const connectPacket = fc.tuple(namespace, auth).map(([name, data]) => `40${name === '/' ? '' : `${name},`}${data}`)
const otherConnect = fc.constantFrom('/', '/other', '/mal').map((name) => `40${name},{"apikey":"${API_KEY}"}`)
const frame = fc.oneof(
  { weight: 4, arbitrary: connectPacket },
  { weight: 1, arbitrary: otherConnect },
  { weight: 1, arbitrary: fc.tuple(namespace, jsonText).map(([name, data]) => `42${name},${data}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '1',
      '2',
      '3',
      '41',
      '41/mal,',
      '5',
      '6',
      '4',
      '45',
      '452-["a",{"_placeholder":true,"num":0}]',
      '4599999999-[]',
      '43/mal,1[]',
      '9',
      '',
      '40/mal',
      '[]'
    )
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 100 }) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 100 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 200_000 }).map((size) => `42/mal,["x","${'y'.repeat(size)}"]`) }
)

export const hostileHandshake: fc.Arbitrary<HostileHandshake> = fc.record({
  query: fc.oneof(
    { weight: 5, arbitrary: fc.constant('EIO=4&transport=websocket') },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        'EIO=3&transport=websocket',
        'transport=websocket',
        'EIO=4',
        'EIO=4&transport=websocket&sid=none',
        'EIO=4&transport=webtransport',
        'EIO=4&EIO=4&transport=websocket&apikey=%zz',
        'EIO=[]&transport=__proto__',
        '%'
      )
    }
  ),
  frames: fc.array(frame, { maxLength: 6 })
})

/** Milliseconds in which answers are read. */
const LISTEN_MS = 50
/** The most milliseconds that a handshake may take. */
const PATIENCE_MS = 20_000

/**
 * Sends the frames, and disconnects.
 * @returns `seen` if data of the good tenant arrived, `silent` if the server answered nothing
 */
export function shakeHands(url: string, { query, frames }: HostileHandshake): Promise<'unharmed' | 'seen' | 'silent'> {
  const { promise, resolve } = Promise.withResolvers<'unharmed' | 'seen' | 'silent'>()
  const ws = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?${query}`)
  const finish = (result: 'unharmed' | 'seen' | 'silent') => {
    clearTimeout(patience)
    ws.terminate()
    resolve(result)
  }
  let patience = setTimeout(() => finish('silent'), PATIENCE_MS)
  ws.on('error', () => finish('unharmed'))
  ws.on('close', () => finish('unharmed'))
  ws.on('message', (message: Buffer) => {
    if (message.includes(MARK)) finish('seen')
  })
  ws.on('open', () => {
    clearTimeout(patience)
    for (const content of frames) ws.send(content, () => {})
    patience = setTimeout(() => finish('unharmed'), LISTEN_MS)
  })
  return promise
}
