import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Test } from 'tap'
import { reset } from './reset.ts'

export interface TcpProxy {
  url: string
  /** The URL to which new connections go, or a function that returns it. */
  target: string | (() => string)
  /** Resets the connections for which `pick` returns true. @returns their number */
  drop(pick: () => boolean): number
}

/** Starts a proxy for TCP; closed after the test. */
export async function startTcpProxy(t: Test, target: TcpProxy['target']): Promise<TcpProxy> {
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const { hostname, port } = new URL(typeof proxy.target === 'string' ? proxy.target : proxy.target())
    const upstream = connect(Number(port), hostname)
    open.add(client)
    const end = () => {
      open.delete(client)
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end)
    client.pipe(upstream).pipe(client)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  const proxy: TcpProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    target,
    drop: (pick) => {
      const picked = [...open].filter(pick)
      for (const socket of picked) reset(socket)
      return picked.length
    }
  }
  return proxy
}
