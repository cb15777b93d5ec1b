import { InstanceNameError } from '../errors.ts'
import { type MessageCode, saying } from '../message-code.ts'
import { plainTextFault } from '../text/plain-text.ts'

export const INSTANCE_NAME_MAX = 100

interface NameFault {
  message: string
  code: MessageCode
  values: (string | number)[]
}

function faultOf(name: string): NameFault | undefined {
  if (name.length === 0 || name.length > INSTANCE_NAME_MAX) {
    const message = `instance must have 1 to ${INSTANCE_NAME_MAX} characters (it has ${name.length})`
    return { message, code: 'nameLength', values: [INSTANCE_NAME_MAX, name.length] }
  }
  if (name === '.' || name === '..') {
    const message = 'instance must not be "." or "..": URLs cannot contain it'
    return { message, code: 'nameDots', values: [] }
  }
  const message = plainTextFault('instance', name)
  return message === undefined ? undefined : { message, code: 'characters', values: [] }
}

/**
 * The fault of an instance name; `undefined` for a valid one.
 * A name has 1 to 100 characters; those outside `A-Za-z0-9._-` are percent-encoded in URLs and namespaces.
 */
export function instanceNameFault(name: unknown): string | undefined {
  return typeof name === 'string' ? faultOf(name)?.message : 'instance must be a string'
}

/** @throws {InstanceNameError} with the fault as its message */
export function assertInstanceName(name: unknown): asserts name is string {
  if (typeof name !== 'string') throw new InstanceNameError('instance must be a string')
  const fault = faultOf(name)
  if (!fault) return
  const { message, code, values } = fault
  throw saying(new InstanceNameError(message), { code, field: 'instance', values })
}

/** A name whose log could not be read: `GET /events/stream` is the stream of all instances. */
const RESERVED_NAME = 'stream'

/** @throws {InstanceNameError} no instance may be made with this name; one that is stored already is served all the same */
export function assertNewName(name: string): void {
  assertInstanceName(name)
  if (name !== RESERVED_NAME) return
  const message = `"${RESERVED_NAME}" is part of a route, GET /events/${RESERVED_NAME}: choose another name`
  throw saying(new InstanceNameError(message), { code: 'nameOfRoute', field: 'instance', values: [RESERVED_NAME] })
}
