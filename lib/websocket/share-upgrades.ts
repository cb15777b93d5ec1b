import { type IncomingMessage, type Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

type Listener = (this: Server, request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** Node.js 22.21 and newer ask the server whether a request becomes an `upgrade` event or stays a plain request. */
type UpgradingServer = Server & { shouldUpgradeCallback?: (request: IncomingMessage) => boolean }

interface Share {
  /** Runs `attach`, which adds Socket.IO's listener for URLs that start with `path`. */
  add(path: string, attach: () => PromiseLike<unknown>): Promise<void>
}

const SHARES = new WeakMap<Server, Share>()
/** The headers by which a request offers another protocol. */
const OFFER = /^(connection|upgrade|http2-settings)$/i

/**
 * Shares a server's `upgrade` event between Socket.IO and the host's own listeners, in any order of registration: the host's
 * do not see upgrades to Socket.IO's path, which @fastify/websocket would answer with 404. If the host has none, a request that
 * offers another protocol is served as a plain one: clients that support HTTP/2 send `Upgrade: h2c`.
 */
export function shareUpgrades(server: Server): Share {
  const share = SHARES.get(server) ?? createShare(server)
  SHARES.set(server, share)
  return share
}

function createShare(server: UpgradingServer): Share {
  const { shouldUpgradeCallback } = server
  const paths = new Set<string>()
  /** Listeners that check the path themselves. */
  const own = new Set<unknown>([takeUnknown])
  const wrapped = new WeakSet<Listener>()
  let adding = false

  const isSocketIo = ({ url = '' }: IncomingMessage) => [...paths].some((path) => url.startsWith(path))
  const others = () => server.rawListeners('upgrade').filter((listener) => !own.has(listener)) as Listener[]

  function wrapOthers(): void {
    for (const listener of others().filter((other) => !wrapped.has(other))) {
      const wrapper: Listener = function (request, socket, head) {
        if (!isSocketIo(request)) listener.call(this, request, socket, head)
      }
      wrapped.add(wrapper)
      server.removeListener('upgrade', listener)
      // `removeListener` finds the host's listener by this member.
      server.on('upgrade', Object.assign(wrapper, { listener }))
    }
  }

  /** Serves upgrades without a listener: Node.js would leave their connections open. */
  function takeUnknown(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (isSocketIo(request) || others().length > 0) return
    if (isBodyRead(request)) answerPlain(server, request, socket)
    else readAgain(server, request, { socket, head })
  }

  server.on('upgrade', takeUnknown)
  server.on('newListener', (event, listener) => {
    if (event !== 'upgrade') return
    if (adding) own.add(listener)
    // The event comes before the listener is added.
    else process.nextTick(wrapOthers)
  })
  if (shouldUpgradeCallback) {
    server.shouldUpgradeCallback = (request) =>
      (isSocketIo(request) && /^websocket$/i.test(String(request.headers.upgrade))) ||
      (others().length > 0 && shouldUpgradeCallback.call(server, request))
  }
  wrapOthers()

  return {
    async add(path, attach) {
      paths.add(`${path.replace(/\/$/, '')}/`)
      adding = true
      await attach()
      adding = false
    }
  }
}

/** True if Node.js reads the body of an offer, as of version 26; earlier ones leave it on the socket and in `head`. */
function isBodyRead({ complete, readableLength }: IncomingMessage): boolean {
  return !complete || readableLength > 0
}

/** Serves an offer without a listener as a plain request, and closes its connection after the response. */
function answerPlain(server: Server, request: IncomingMessage, socket: Duplex): void {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  // Node.js passes a net.Socket or a TLSSocket to `upgrade`; its types say Duplex.
  response.assignSocket(socket as Socket)
  response.once('finish', () => {
    response.detachSocket(socket as Socket)
    socket.end()
  })
  server.emit('request', request, response)
}

/**
 * Parses an offer without a listener once more, as a plain request. Older versions of Node.js make every offer an `upgrade`,
 * and so does the second server that Fastify creates for `localhost`.
 */
function readAgain(
  server: Server,
  { method, url, rawHeaders }: IncomingMessage,
  { socket, head }: { socket: Duplex; head: Buffer }
): void {
  const lines = [`${method} ${url} HTTP/1.1`]
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2)
    if (!OFFER.test(name)) lines.push(`${name}: ${value}`)
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]))
  server.emit('connection', socket)
}
