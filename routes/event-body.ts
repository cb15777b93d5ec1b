import { errorCodes, type FastifyInstance, type FastifyRequest } from 'fastify'
import type { Readable } from 'node:stream'
import { type BackpressureError, BodyTooLargeError } from '../lib/errors.ts'
import { type BodyIntake, BodyShare } from '../lib/http/body-intake.ts'
import { receiveBody } from '../lib/http/receive-body.ts'
import type { BodySignature } from '../lib/hubs/body-signature.ts'
import { EventReader, type EventShape } from './event-reader.ts'

/** Bytes of a body from which it is read in slices. */
const LARGE_BYTES = 262_144
/** What the body of a request has of the intake. A symbol, so that it cannot collide with a member of a host. */
const SHARE = Symbol('fastify-instance-events.body-share')

declare module 'fastify' {
  interface FastifyRequest {
    [SHARE]: BodyShare
  }
}

/** A hook of the host that decodes a body sets the length of what was sent. */
type Payload = Readable & { receivedEncodedLength?: number }

export interface EventBodiesOptions {
  shape: EventShape
  /** Bytes of one body. */
  bodyLimit: number
  intake: BodyIntake
  /** Begins the check of a body's signature. @throws {SignatureInvalidError} the headers have no signature; the body is not read */
  signature?: (request: FastifyRequest) => BodySignature
}

/** Makes the routes of this scope read their bodies as one event or an array of events. */
export function useEventBodies(fastify: FastifyInstance, options: EventBodiesOptions): void {
  const { shape, bodyLimit, intake } = options
  const { metrics } = fastify.eventLog

  /** @throws {BodyTooLargeError} {BackpressureError} */
  const grow = (share: BodyShare, bytes: number) => {
    if (bytes > bodyLimit) throw new BodyTooLargeError(bodyLimit, ': send fewer events at a time, or media by link')
    try {
      share.growTo(bytes)
    } catch (error) {
      metrics.refused.inc({ code: metrics.code((error as BackpressureError).code) })
      throw error
    }
  }

  // Fastify's types do not allow to leave out the value, which each request has its own of.
  fastify.decorateRequest(SHARE, null as never)
  fastify.addHook('onRequest', (request, reply, done) => {
    const share = new BodyShare(intake)
    request[SHARE] = share
    reply.raw.once('close', () => share.end())
    done()
  })
  fastify.removeContentTypeParser('application/json')
  fastify.addContentTypeParser('application/json', async (request: FastifyRequest, payload: Payload) => {
    const share = request[SHARE]
    const signature = options.signature?.(request)
    const length = Number(request.headers['content-length'])
    const announced = length || 0
    // Room for the length that was announced, before anything is received.
    grow(share, announced)
    let bytes = 0
    const received = (part: Buffer) => {
      grow(share, (bytes += part.length))
      signature?.update(part)
    }
    const body = await receiveBody(payload, { announced, received })
    if (!Number.isNaN(length) && (payload.receivedEncodedLength || bytes) !== length)
      throw new errorCodes.FST_ERR_CTP_INVALID_CONTENT_LENGTH()
    signature?.verify()
    const reader = new EventReader(body, shape)
    return bytes < LARGE_BYTES ? reader.read() : intake.inTurn(() => reader.readInSlices())
  })
}
