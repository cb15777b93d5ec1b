import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { endUnread, isUnread } from '../lib/http/unread-body.ts'

/** Closes connections after a reply that is sent before the body was read, such as 401, 413 or 429. */
export function endUnreadBodies(fastify: FastifyInstance): void {
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    if (!isUnread(request.raw)) return done()
    // By then, a body that came together with the headers is read.
    setImmediate(() => {
      endIfUnread(request, reply)
      done()
    })
  })
}

/** Does so for one reply, where hooks do not run. */
export function endIfUnread({ raw }: FastifyRequest, reply: FastifyReply): void {
  if (isUnread(raw)) endUnread(raw, reply.raw)
}
