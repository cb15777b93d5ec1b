import { errorCodes, type FastifyInstance, type FastifyRequest } from 'fastify'
import type { Readable } from 'node:stream'
import { type BackpressureError, BodyTooLargeError } from '../lib/errors.ts'
import { addressBlock } from '../lib/http/client-address.ts'
import { addressSender, type BodyIntake, BodyShare } from '../lib/http/body-intake.ts'
import { onceClosed } from '../lib/http/once-closed.ts'
import { receiveBody } from '../lib/http/receive-body.ts'
import type { BodySignature } from '../lib/hubs/body-signature.ts'
import { earlyMember } from './early-member.ts'
import { EventReader, type EventShape } from './event-reader.ts'

/** Bytes of a body from which it waits for its turn, and from which it is read in slices. */
const MEDIUM_BYTES = 16_384
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

type BodyDone = (error: Error | null, body?: unknown) => void

export interface EventBodiesOptions {
  shape: EventShape
  /** Bytes of one body. */
  bodyLimit: number
  intake: BodyIntake
  /** The member of the body with the name of the instance; `undefined`: it is in the path. */
  instanceMember?: string
  /** Throws if the request is to be refused before its body is read. */
  admit?: (request: FastifyRequest) => void
  /** Begins the check of a body's signature. @throws {SignatureInvalidError} the headers have no signature; the body is not read */
  signature?: (request: FastifyRequest) => BodySignature
}

/** Makes the routes of this scope read their bodies as one event or an array of events. */
export function useEventBodies(fastify: FastifyInstance, options: EventBodiesOptions): void {
  const { shape, bodyLimit, intake, instanceMember } = options
  const { metrics } = fastify.eventLog

  /** Whose turn it is to read a body: that of its instance, if it is known. */
  const lineOf = (body: Buffer, { params }: FastifyRequest): string | undefined =>
    instanceMember === undefined ? (params as { instance: string }).instance : earlyMember(body, instanceMember)

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
    const share = new BodyShare(intake, senderOf(request))
    request[SHARE] = share
    onceClosed(reply.raw, () => share.end())
    done()
  })
  fastify.removeContentTypeParser('application/json')
  fastify.addContentTypeParser('application/json', (request: FastifyRequest, payload: Payload, done: BodyDone) => {
    const share = request[SHARE]
    options.admit?.(request)
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
    /** @throws as `EventReader` does */
    const read = (body: Buffer): unknown => {
      if (!Number.isNaN(length) && (payload.receivedEncodedLength || bytes) !== length)
        throw new errorCodes.FST_ERR_CTP_INVALID_CONTENT_LENGTH()
      signature?.verify()
      const reader = new EventReader(body, shape)
      if (bytes < MEDIUM_BYTES) return reader.read()
      const turn = { line: lineOf(body, request) ?? share.sender, size: bytes }
      return intake.inTurn(turn, () => (bytes < LARGE_BYTES ? reader.read() : reader.readInSlices()))
    }
    receiveBody(payload, { announced, received }, (error, body) =>
      error ? done(error) : answer(() => read(body), done)
    )
  })
}

/** Whose body it is: the instance in the path or, while it is unknown, the address. */
function senderOf({ params, ip }: FastifyRequest): string {
  const { instance } = params as { instance?: string }
  // A connection that is gone has no address, which Fastify's type leaves out.
  return instance ?? addressSender(addressBlock(String(ip)))
}

/** Calls back with what `read` returns, or with what it throws; without a promise, unless it returns one. */
function answer(read: () => unknown, done: BodyDone): void {
  let value: unknown
  try {
    value = read()
  } catch (error) {
    return done(error as Error)
  }
  if (value instanceof Promise) answerLater(value, done)
  else done(null, value)
}

async function answerLater(reading: Promise<unknown>, done: BodyDone): Promise<void> {
  let value: unknown
  try {
    value = await reading
  } catch (error) {
    return done(error as Error)
  }
  done(null, value)
}
