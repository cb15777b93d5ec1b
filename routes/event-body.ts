import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { BodyMalformedError, EventInvalidError } from '../lib/errors.ts'
import { excerpt } from '../lib/text/excerpt.ts'
import { JsonText } from '../lib/json/json-text.ts'
import {
  assertEnd,
  isArray,
  isObject,
  JsonLimitError,
  skipByteOrderMark,
  skipSpace,
  skipString,
  skipValue,
  visitItems,
  visitMembers
} from '../lib/json/scan.ts'
import { MAX_EVENTS, MAX_EXTRA_MEMBERS } from '../lib/schemas/event-input.ts'

const MAX_MEMBERS = MAX_EXTRA_MEMBERS
/** Bytes of an array or object that is parsed. */
const MAX_VALUE_BYTES = 4_096

/**
 * How each member of an event is read. `value`: it is parsed. `members`: it is an object, whose members become `JsonText`.
 * Members that are not listed become `JsonText`.
 */
export type EventShape = ReadonlyMap<string, 'value' | 'members'>

interface Read {
  value: unknown
  /** The position after the value. */
  end: number
}

/** Marks a route whose body is one event or an array of events, in its `config`. */
export const TAKES_EVENTS = Symbol('fastify-instance-events.takes-events')

declare module 'fastify' {
  interface FastifyContextConfig {
    [TAKES_EVENTS]?: boolean
  }
}

/** Makes the routes of this scope read their bodies as one event or an array of events. */
export function useEventBodies(fastify: FastifyInstance, shape: EventShape): void {
  fastify.addHook('onRoute', (route) => {
    route.config = { ...route.config, [TAKES_EVENTS]: true }
  })
  fastify.removeContentTypeParser('application/json')
  fastify.addContentTypeParser<Buffer>(
    'application/json',
    { parseAs: 'buffer' },
    (_request: FastifyRequest, bytes: Buffer, done: (error: Error | null, body?: unknown) => void) => {
      let body
      try {
        body = readEventBody(bytes, shape)
      } catch (error) {
        return done(error as Error)
      }
      done(null, body)
    }
  )
}

/**
 * Reads a body; values that are only passed on stay text. The time depends on the length alone, and at most 1,000 events with
 * a few members each reach the schema.
 * @throws {BodyMalformedError} it is not JSON @throws {EventInvalidError} too many events or members, or nested too deeply
 */
export function readEventBody(bytes: Buffer, shape: EventShape): unknown {
  if (bytes.length === 0) throw new BodyMalformedError('it is empty')
  if (!isUtf8(bytes)) throw new BodyMalformedError('it is not UTF-8')
  const at = skipSpace(bytes, skipByteOrderMark(bytes))
  const { value, end } = isArray(bytes, at) ? readEvents(bytes, at, shape) : readEvent(bytes, at, { shape, place: '' })
  assertEnd(bytes, end)
  return value
}

function readEvents(bytes: Buffer, at: number, shape: EventShape): Read {
  const events: unknown[] = []
  const end = visitItems(bytes, at, (itemAt) => {
    if (events.length === MAX_EVENTS)
      throw new EventInvalidError(`The body has more than ${MAX_EVENTS} events: send fewer at a time`)
    const event = readEvent(bytes, itemAt, { shape, place: `[${events.length}]: ` })
    events.push(event.value)
    return event.end
  })
  return { value: events, end }
}

function readEvent(bytes: Buffer, at: number, { shape, place }: { shape: EventShape; place: string }): Read {
  if (!isObject(bytes, at)) return readValue(bytes, at, `${place}the event`)
  return readMembers(bytes, at, {
    field: `${place}the event`,
    read(name, valueAt) {
      const kept = shape.get(name)
      if (kept === undefined) return keepText(bytes, valueAt, `${place}${name}`)
      if (kept === 'value' || !isObject(bytes, valueAt)) return readValue(bytes, valueAt, `${place}${name}`)
      return readMembers(bytes, valueAt, {
        field: `${place}${name}`,
        read: (member, memberAt) => keepText(bytes, memberAt, `${place}${name}.${member}`)
      })
    }
  })
}

function readMembers(
  bytes: Buffer,
  at: number,
  { field, read }: { field: string; read: (name: string, valueAt: number) => Read }
): Read {
  const members: [name: string, value: unknown][] = []
  const end = visitMembers(bytes, at, (nameAt, valueAt) => {
    if (members.length === MAX_MEMBERS)
      throw new EventInvalidError(`${excerpt(field)} has more than ${MAX_MEMBERS} members`)
    const name = parse(bytes, nameAt, skipString(bytes, nameAt)) as string
    const member = read(name, valueAt)
    members.push([name, member.value])
    return member.end
  })
  // Makes `__proto__` an ordinary member.
  return { value: Object.fromEntries(members), end }
}

function keepText(bytes: Buffer, at: number, field: string): Read {
  const end = endOfValue(bytes, at, field)
  return { value: new JsonText(bytes.toString('utf8', at, end)), end }
}

function readValue(bytes: Buffer, at: number, field: string): Read {
  const end = endOfValue(bytes, at, field)
  const nested = isArray(bytes, at) || isObject(bytes, at)
  if (nested && end - at > MAX_VALUE_BYTES)
    throw new EventInvalidError(`${excerpt(field)} is an array or object of more than ${MAX_VALUE_BYTES} bytes`)
  return { value: parse(bytes, at, end), end }
}

function endOfValue(bytes: Buffer, at: number, field: string): number {
  try {
    return skipValue(bytes, at)
  } catch (error) {
    if (error instanceof JsonLimitError) throw new EventInvalidError(`${excerpt(field)} ${error.message}`)
    throw error
  }
}

/** Parses JSON that was checked. */
function parse(bytes: Buffer, at: number, end: number): unknown {
  return JSON.parse(bytes.toString('utf8', at, end))
}
