import { isUtf8 } from 'node:buffer'
import { setImmediate } from 'node:timers/promises'
import { BodyMalformedError, EventInvalidError } from '../lib/errors.ts'
import { emptyBody, JsonLimitError } from '../lib/json/faults.ts'
import { saying } from '../lib/message-code.ts'
import { JsonText } from '../lib/json/json-text.ts'
import {
  assertEnd,
  isArray,
  isObject,
  isString,
  skipByteOrderMark,
  skipSpace,
  skipString,
  skipValue,
  ValueScan
} from '../lib/json/scan.ts'
import { visitItems, visitMembers } from '../lib/json/visit.ts'
import { MAX_EVENTS, MAX_EXTRA_MEMBERS } from '../lib/schemas/event-input.ts'
import { excerpt } from '../lib/text/excerpt.ts'

const MAX_MEMBERS = MAX_EXTRA_MEMBERS
/** Bytes of an array or object that is parsed. */
const MAX_VALUE_BYTES = 4_096
/** Bytes that are read before the event loop turns: about 1 ms. */
const SLICE_BYTES = 262_144

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

/** Thrown where a slice ends. */
const SLICE_ENDS = new Error('The slice ends')

/**
 * Reads a body that is one event or an array of events; values that are only passed on stay text. The time depends on the
 * length alone, and at most 1,000 events with a few members each reach the schema.
 */
export class EventReader {
  readonly #bytes: Buffer
  readonly #shape: EventShape
  /** Bytes that may still be read in this slice; `Infinity`: all are read at once. */
  #left = Infinity
  /** What earlier slices have read, by position. */
  #known: Map<number, Read> | undefined
  /** The value in which the last slice has ended. */
  #scan: ValueScan | undefined

  constructor(bytes: Buffer, shape: EventShape) {
    this.#bytes = bytes
    this.#shape = shape
  }

  /** @throws {BodyMalformedError} it is not JSON @throws {EventInvalidError} too many events or members, or nested too deeply */
  read(): unknown {
    this.#assertText()
    return this.#body()
  }

  /**
   * Does the same in slices, each in a turn of the event loop of its own. Each slice begins at the start of the body
   * and passes over what earlier ones have read.
   */
  async readInSlices(sliceBytes = SLICE_BYTES): Promise<unknown> {
    await setImmediate()
    this.#assertText()
    for (;;) {
      this.#left = sliceBytes
      try {
        return this.#body()
      } catch (error) {
        if (error !== SLICE_ENDS) throw error
      }
      await setImmediate()
    }
  }

  #assertText(): void {
    if (this.#bytes.length === 0) throw emptyBody()
    if (!isUtf8(this.#bytes))
      throw saying(new BodyMalformedError('it is not UTF-8'), { code: 'bodyNotUtf8', values: [] })
  }

  #body(): unknown {
    const bytes = this.#bytes
    const at = skipSpace(bytes, skipByteOrderMark(bytes))
    const { value, end } = isArray(bytes, at) ? this.#events(at) : this.#event(at, '')
    assertEnd(bytes, end)
    return value
  }

  #events(at: number): Read {
    const events: unknown[] = []
    const end = visitItems(this.#bytes, at, (itemAt) => {
      if (events.length === MAX_EVENTS)
        throw new EventInvalidError(`The body has more than ${MAX_EVENTS} events: send fewer at a time`)
      const event = this.#once(itemAt, () => this.#event(itemAt, `[${events.length}]: `))
      events.push(event.value)
      return event.end
    })
    return { value: events, end }
  }

  #event(at: number, place: string): Read {
    if (!isObject(this.#bytes, at)) return this.#value(at, `${place}the event`)
    return this.#members(at, `${place}the event`, (name, valueAt) => {
      const kept = this.#shape.get(name)
      if (kept === undefined) return this.#text(valueAt, `${place}${name}`)
      if (kept === 'value' || !isObject(this.#bytes, valueAt)) return this.#value(valueAt, `${place}${name}`)
      return this.#members(valueAt, `${place}${name}`, (member, memberAt) =>
        this.#text(memberAt, `${place}${name}.${member}`)
      )
    })
  }

  #members(at: number, field: string, read: (name: string, valueAt: number) => Read): Read {
    const members: [name: string, value: unknown][] = []
    const end = visitMembers(this.#bytes, at, (nameAt, valueAt) => {
      if (members.length === MAX_MEMBERS)
        throw new EventInvalidError(`${excerpt(field)} has more than ${MAX_MEMBERS} members`)
      const name = this.#string(nameAt, skipString(this.#bytes, nameAt))
      const member = this.#once(valueAt, () => read(name, valueAt))
      members.push([name, member.value])
      return member.end
    })
    // Makes `__proto__` an ordinary member.
    return { value: Object.fromEntries(members), end }
  }

  #text(at: number, field: string): Read {
    const end = this.#endOfValue(at, field)
    return { value: new JsonText(this.#bytes.toString('utf8', at, end)), end }
  }

  #value(at: number, field: string): Read {
    const bytes = this.#bytes
    const end = this.#endOfValue(at, field)
    const nested = isArray(bytes, at) || isObject(bytes, at)
    if (nested && end - at > MAX_VALUE_BYTES)
      throw new EventInvalidError(`${excerpt(field)} is an array or object of more than ${MAX_VALUE_BYTES} bytes`)
    const value = isString(bytes, at) ? this.#string(at, end) : JSON.parse(bytes.toString('utf8', at, end))
    return { value, end }
  }

  #endOfValue(at: number, field: string): number {
    try {
      return this.#left === Infinity ? skipValue(this.#bytes, at) : this.#skip(at)
    } catch (error) {
      if (!(error instanceof JsonLimitError)) throw error
      const { message, code, values } = error
      const shown = excerpt(field)
      throw saying(new EventInvalidError(`${shown} ${message}`), { code, field: shown, values })
    }
  }

  #skip(at: number): number {
    const scan = this.#scan ?? new ValueScan(at)
    const from = scan.at
    const all = scan.advance(this.#bytes, from + this.#left)
    this.#left -= scan.at - from
    this.#scan = all ? undefined : scan
    if (!all) throw SLICE_ENDS
    return scan.at
  }

  /** Reads what begins at a position, unless an earlier slice has read it. */
  #once(at: number, read: () => Read): Read {
    if (this.#left === Infinity) return read()
    this.#known ??= new Map()
    const known = this.#known.get(at)
    if (known) return known
    if (this.#left <= 0) throw SLICE_ENDS
    const made = read()
    this.#known.set(at, made)
    return made
  }

  /** Parses a string that was checked. */
  #string(at: number, end: number): string {
    const json = this.#bytes.toString('utf8', at, end)
    return json.includes('\\') ? (JSON.parse(json) as string) : json.slice(1, -1)
  }
}
