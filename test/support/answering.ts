import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

/** `never`: the request stays open. */
export type Answer = { status: number; headers?: Record<string, string>; body?: string } | 'never'

/** Starts an HTTP server that gives these answers in turn, and the last one from then on. @returns its URL and the received keys */
export async function startOther(t: Test, ...answers: Answer[]) {
  const keys: unknown[] = []
  const server = createServer((request, reply) => {
    keys.push(request.headers.apikey)
    const answer = (answers.length > 1 ? answers.shift() : answers[0]) as Answer
    if (answer !== 'never') reply.writeHead(answer.status, answer.headers).end(answer.body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, keys }
}
