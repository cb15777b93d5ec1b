import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { endUnread, isUnread } from '../lib/http/unread-body.ts'

/** Connections of this scope are closed with an answer that comes before the body was read: 401, 413, 429 and their like. */
export function endUnreadBodies(fastify: FastifyInstance): void {
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    if (!isUnread(request.raw)) return done()
    // What came together with the headers is read by then.
    setImmediate(() => {
      endIfUnread(request, reply)
      done()
    })
  })
}

/** The same for one answer, where no hooks run. */
export function endIfUnread({ raw }: FastifyRequest, reply: FastifyReply): void {
  if (isUnread(raw)) endUnread(raw, reply.raw)
}
