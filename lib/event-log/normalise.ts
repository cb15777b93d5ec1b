import { TypeCompiler, ValueErrorType, type ValueError } from '@sinclair/typebox/compiler'
import { EventInvalidError } from '../errors.ts'
import type { CatalogueEvent, EventCatalogue } from '../events/catalogue.ts'
import { generateId } from '../events/event-id.ts'
import { toUtc } from '../events/utc.ts'
import { excerpt } from '../text/excerpt.ts'
import { MAX_MESSAGES, withMessages, type InstanceEventsError } from '../error-class.ts'
import { assertInstanceName } from '../instances/name.ts'
import { toJson } from '../json/to-json.ts'
import { plainTextFault } from '../text/plain-text.ts'
import { InstanceEventInput, RESERVED_MEMBERS } from '../schemas/event-input.ts'
import type { TransportName } from '../instances/instance.ts'
import { activeTraceparent } from '../telemetry/opentelemetry.ts'
import { isTraceparent } from '../telemetry/trace-context.ts'

export interface NormaliseOptions {
  /** Returns the catalogue of the events that an instance may have. */
  catalogueOf: (instance: string) => EventCatalogue
  /** `server_url` of events without one. */
  serverUrl: string
  exposeApiKey: boolean
  /** True if events that are not in the catalogue are valid. @default false */
  unlisted?: boolean
}

/** A valid event with serialised message parts. */
export interface NormalEvent {
  instance: string
  event: CatalogueEvent
  id: string
  callerId: boolean
  data: string
  envelope: string
  /** Set by the log where a span is created for the event. */
  traceparent: string | undefined
  extra: string
  transports: readonly TransportName[] | undefined
}

const checker = TypeCompiler.Compile(InstanceEventInput)
const EXAMPLE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const RESERVED = new Set<string>(RESERVED_MEMBERS)

/**
 * Checks inputs and serialises them, once for all transports.
 * @throws {EventInvalidError} {EventUnknownError} {InstanceNameError} of the first bad input; its `messages` name the faults
 * of all, up to `MAX_MESSAGES`, each with the place of its input in the list if there are several
 */
export function normaliseEvents(inputs: readonly InstanceEventInput[], options: NormaliseOptions): NormalEvent[] {
  if (inputs.length === 1) return inputs.map((input) => normaliseEvent(input, options))
  const events: NormalEvent[] = []
  const errors: InstanceEventsError[] = []
  const messages: string[] = []
  for (const [index, input] of inputs.entries()) {
    if (messages.length >= MAX_MESSAGES) break
    try {
      events.push(normaliseEvent(input, options))
    } catch (error) {
      // normaliseEvent throws only errors of lib/errors.ts.
      const fault = error as InstanceEventsError
      errors.push(fault)
      messages.push(...(fault.messages ?? [fault.message]).map((message) => `[${index}]: ${message}`))
    }
  }
  const [first] = errors
  if (first) throw withMessages(first, messages)
  return events
}

function normaliseEvent(input: InstanceEventInput, options: NormaliseOptions): NormalEvent {
  if (!checker.Check(input))
    throw invalid(Iterator.from(checker.Errors(input)).take(MAX_MESSAGES).map(describe).toArray())
  assertInstanceName(input.instance)
  const { catalogueOf, unlisted = false } = options
  const catalogue = catalogueOf(input.instance)
  const event = catalogue.find(input.event) ?? catalogue[unlisted ? 'unlisted' : 'get'](input.event)
  const faults: string[] = []
  const json = (field: string, value: unknown): string => {
    const written = toJson(value)
    if ('json' in written) return written.json
    faults.push(`${field} ${written.fault}`)
    return ''
  }

  const idFault = input.id === undefined ? undefined : plainTextFault('id', input.id)
  if (idFault !== undefined) faults.push(idFault)
  const data = json('data', input.data)
  const dateTime = input.dateTime === undefined ? isoNow() : toUtc(input.dateTime)
  if (dateTime === undefined)
    faults.push(`dateTime must be ISO 8601, such as 2026-01-31T12:00:00Z (got "${excerpt(String(input.dateTime))}")`)
  const id = input.id ?? generateId()
  const envelope: Record<string, unknown> = {
    server_url: input.serverUrl ?? options.serverUrl,
    date_time: dateTime,
    sender: input.sender ?? null
  }
  if (options.exposeApiKey && input.apikey !== undefined) envelope.apikey = input.apikey
  envelope.id = id

  if (input.traceparent !== undefined && !isTraceparent(input.traceparent))
    faults.push(`traceparent must be a W3C trace context, such as ${EXAMPLE} (got "${excerpt(input.traceparent)}")`)
  const extra: string[] = []
  if (input.extra !== undefined) {
    for (const [member, value] of Object.entries(input.extra)) {
      if (RESERVED.has(member)) faults.push(`extra.${member} is a member of every message and cannot be replaced`)
      // Left out, as by JSON.stringify.
      else if (value !== undefined) extra.push(`${JSON.stringify(member)}:${json(`extra.${excerpt(member)}`, value)}`)
    }
  }
  if (faults.length > 0) throw invalid(faults)
  return {
    instance: input.instance,
    event,
    id,
    callerId: input.id !== undefined,
    data,
    envelope: JSON.stringify(envelope).slice(1, -1),
    traceparent: input.traceparent ?? activeTraceparent(),
    extra: extra.join(),
    transports: input.transports
  }
}

let lastNow = 0
let lastIso = ''

/** Returns the time now as ISO 8601, formatted once a millisecond. */
function isoNow(): string {
  const now = Date.now()
  if (now !== lastNow) {
    lastNow = now
    lastIso = new Date(now).toISOString()
  }
  return lastIso
}

function describe(error: ValueError): string {
  const { path, message, value, type } = error
  // Of a choice, only text that is too long says what is wrong with it.
  const tooLong = error.errors.flatMap((each) => [...each]).find((each) => each.type === ValueErrorType.StringMaxLength)
  if (tooLong) return describe(tooLong)
  const field = excerpt(path.slice(1).replaceAll('/', '.')) || 'the event'
  if (type === ValueErrorType.ObjectRequiredProperty) return `${field} is required`
  if (type === ValueErrorType.ObjectAdditionalProperties) return `${field} is not a field of an event`
  return `${field}: ${message.charAt(0).toLowerCase()}${message.slice(1)} (got ${shown(value)})`
}

function shown(value: unknown): string {
  if (typeof value === 'string') return `"${excerpt(value, 40)}"`
  if (Array.isArray(value)) return 'an array'
  // `String` could fail: the members are the caller's, `toString` among them.
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}

function invalid(faults: string[]): Error {
  return withMessages(new EventInvalidError(faults.join('; ')), faults)
}
