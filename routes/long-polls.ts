import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { BackpressureError } from '../lib/errors.ts'
import { saying } from '../lib/message-code.ts'
import type { EventPageOfAllQuery } from '../lib/schemas/event-page.ts'
import { admitRequest } from './admit-request.ts'
import { excluding } from './contradictions.ts'
import { subscriptionOf } from './subscription-query.ts'

type Request = FastifyRequest<{ Querystring: EventPageOfAllQuery }>

/** Returns true if a request for events is one of long polling. Its key is checked by the rules of sockets. */
export function waits({ query }: Pick<FastifyRequest, 'query'>): boolean {
  return (query as { wait?: unknown }).wait !== undefined
}

/** Answers requests of long polling: with the next events that sockets of a namespace receive. */
export function longPolls(server: FastifyInstance) {
  return async function answer(namespace: string, request: Request, reply: FastifyReply): Promise<FastifyReply> {
    const { query } = request
    const { after = 0, wait = 0 } = query
    for (const other of ['before', 'at', 'limit', 'search'] as const)
      if (query[other] !== undefined) throw excluding('querystring.wait', `querystring.${other}`)
    reply.header('cache-control', 'no-store')
    const auth = subscriptionOf(query, after)
    const { admitted, clients } = admitRequest(server, request, { namespace, auth, offsetName: 'querystring.after' })
    const { polls } = clients
    const outcome = await polls.next(reply.raw, { namespace, admitted, waitMs: wait * 1_000 })
    // The new admission says why, if it is refused.
    if (outcome.status === 'unauthorized') return answer(namespace, request, reply)
    if (outcome.status === 'failed')
      throw saying(new BackpressureError('the log could not be read'), { code: 'logUnread', values: [] })
    // Kept, the connection would hold up the server's close.
    if (polls.isEnding) reply.header('connection', 'close')
    return reply.type('application/json; charset=utf-8').send(outcome.body)
  }
}
