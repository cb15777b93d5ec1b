import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

export interface ProxiedCall {
  /** `CreateQueue`, `SendMessageBatch`, … */
  action: string
  body: Record<string, unknown>
}

/** What the proxy does with a call: an AWS error in the service's place, a cut connection, or nothing special. */
export type Fault = { status: number; code: string; message?: string } | 'reset' | undefined

export interface FaultProxy {
  endpoint: string
  /** Every call, in order. */
  calls: ProxiedCall[]
  /** Decides about each call; replace it at any time. */
  decide: (call: ProxiedCall) => Fault | Promise<Fault>
}

/** A proxy in front of an SQS endpoint that can answer in its place, as AWS would. */
export async function startFaultProxy(t: Test, target: string): Promise<FaultProxy> {
  const proxy: FaultProxy = { endpoint: '', calls: [], decide: () => undefined }
  const server = createServer((incoming, outgoing) => {
    handle(proxy, target, incoming, outgoing).catch(() => outgoing.destroy())
  })
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
  const call = { action, body: JSON.parse(payload.toString() || '{}') as Record<string, unknown> }
  proxy.calls.push(call)
  const fault = await proxy.decide(call)
  if (fault === 'reset') {
    incoming.socket.resetAndDestroy()
  } else if (fault) {
    const { status, code, message = code } = fault
    outgoing.writeHead(status, { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-errortype': code })
    outgoing.end(JSON.stringify({ __type: `com.amazonaws.sqs#${code}`, message }))
  } else {
    const onward = request(new URL(incoming.url ?? '/', target), { method: incoming.method, headers: incoming.headers })
    onward.on('error', () => outgoing.destroy())
    onward.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    onward.end(payload)
  }
}
