import { once } from 'node:events'
import { createServer, request, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Test } from 'tap'
import { reset } from './reset.ts'

export interface ProxiedCall {
  /** `CreateQueue`, `SendMessageBatch`, … */
  action: string
  body: Record<string, unknown>
  headers: IncomingHttpHeaders
}

export interface RefusedEntry {
  Id: string
  Code: string
  SenderFault: boolean
}

/**
 * What the proxy does with a call. An object with `code`: answers with this error of AWS. `foreign`: answers as another server.
 * `refuse`: refuses these entries of a batch and passes the others on. `reset`, `reset-after`: cuts the connection before or
 * after the service has acted. `silence`: never answers. `stall`: stops within the body. `drip`: sends a byte at a time.
 * `undefined`: passes the call on.
 */
export type Fault =
  | { status: number; code: string; message?: string }
  | { foreign: number; type?: string; body?: string; headers?: Record<string, string> }
  | { refuse: readonly RefusedEntry[] }
  | 'reset'
  | 'reset-after'
  | 'silence'
  | 'stall'
  | 'drip'
  | undefined

export interface FaultProxy {
  endpoint: string
  /** All connections, open or closed. */
  connections: Socket[]
  /** Every call, in order. */
  calls: ProxiedCall[]
  /** The clock of all answers, by default that of the machine; replace it at any time. */
  now: () => number
  /** Milliseconds until the connection of a call that is not answered is cut, as load balancers do; never by default. */
  silenceMs?: number
  /** Decides on each call; replace it at any time. */
  decide: (call: ProxiedCall) => Fault | Promise<Fault>
}

/** Milliseconds between two bytes: few enough that the connection is not closed as idle. */
const DRIP_MS = 50

/** Starts a proxy in front of an SQS endpoint that can answer in its place; closed after the test. */
export async function startFaultProxy(t: Test, target: string): Promise<FaultProxy> {
  const server = createServer((incoming, outgoing) => {
    handle(proxy, target, incoming, outgoing).catch(() => outgoing.destroy())
  })
  const proxy: FaultProxy = { endpoint: '', connections: [], calls: [], now: () => Date.now(), decide: () => undefined }
  server.on('connection', (socket) => void proxy.connections.push(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  proxy.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return proxy
}

async function handle(proxy: FaultProxy, target: string, incoming: IncomingMessage, outgoing: ServerResponse) {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const payload = Buffer.concat(chunks)
  const action = String(incoming.headers['x-amz-target']).split('.').at(-1) ?? ''
  const { headers } = incoming
  const call = { action, headers, body: JSON.parse(payload.toString() || '{}') as Record<string, unknown> }
  proxy.calls.push(call)
  const fault = await proxy.decide(call)
  const date = new Date(proxy.now()).toUTCString()
  outgoing.setHeader('date', date)
  if (fault === 'reset') {
    reset(incoming.socket)
  } else if (fault === 'silence') {
    if (proxy.silenceMs === undefined) return
    const cut = setTimeout(() => reset(incoming.socket), proxy.silenceMs)
    outgoing.on('close', () => clearTimeout(cut))
  } else if (fault === 'stall' || fault === 'drip') {
    outgoing.writeHead(200, { 'content-type': 'application/x-amz-json-1.0', 'content-length': '300' })
    outgoing.write('{"Succ')
    const drip = fault === 'drip' ? setInterval(() => outgoing.write(' '), DRIP_MS) : undefined
    outgoing.on('close', () => clearInterval(drip))
  } else if (typeof fault === 'object' && 'foreign' in fault) {
    const { foreign, type = 'text/html', body = '<html>not SQS</html>', headers } = fault
    outgoing.writeHead(foreign, { 'content-type': type, location: 'http://127.0.0.1:1/', ...headers }).end(body)
  } else if (typeof fault === 'object' && 'refuse' in fault) {
    await answerWithout(fault.refuse, call.body, { target, incoming, outgoing })
  } else if (typeof fault === 'object') {
    const { status, code, message = code } = fault
    outgoing.writeHead(status, { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-errortype': code })
    outgoing.end(JSON.stringify({ __type: `com.amazonaws.sqs#${code}`, message }))
  } else {
    const onward = request(new URL(incoming.url ?? '/', target), { method: incoming.method, headers: incoming.headers })
    onward.on('error', () => outgoing.destroy())
    onward.on('response', (answer) => {
      if (fault === 'reset-after') {
        answer.resume()
        reset(incoming.socket)
        return
      }
      outgoing.writeHead(answer.statusCode ?? 502, { ...answer.headers, date })
      answer.pipe(outgoing)
    })
    onward.end(payload)
  }
}

/** Passes a batch on without the refused entries, and adds those to the answer. */
async function answerWithout(
  refused: readonly RefusedEntry[],
  body: Record<string, unknown>,
  { target, incoming, outgoing }: { target: string; incoming: IncomingMessage; outgoing: ServerResponse }
) {
  const ids = new Set(refused.map(({ Id }) => Id))
  const Entries = (body.Entries as { Id: string }[]).filter(({ Id }) => !ids.has(Id))
  const passed =
    Entries.length === 0
      ? { Successful: [], Failed: [] }
      : ((await (
          await fetch(new URL(incoming.url ?? '/', target), {
            method: 'POST',
            headers: {
              'content-type': 'application/x-amz-json-1.0',
              'x-amz-target': String(incoming.headers['x-amz-target']),
              authorization: String(incoming.headers.authorization)
            },
            body: JSON.stringify({ ...body, Entries })
          })
        ).json()) as { Successful: unknown[]; Failed?: unknown[] })
  const Failed = [...(passed.Failed ?? []), ...refused.map((entry) => ({ ...entry, Message: entry.Code }))]
  outgoing.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' })
  outgoing.end(JSON.stringify({ ...passed, Failed }))
}
