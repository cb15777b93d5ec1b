import { InstanceNameError } from '../errors.ts'
import { plainTextFault } from '../text/plain-text.ts'

export const INSTANCE_NAME_MAX = 100

/**
 * The fault of an instance name; `undefined` for a valid one.
 * A name has 1 to 100 characters; those outside `A-Za-z0-9._-` are percent-encoded in URLs and namespaces.
 */
export function instanceNameFault(name: unknown): string | undefined {
  if (typeof name !== 'string') return 'instance must be a string'
  if (name.length === 0 || name.length > INSTANCE_NAME_MAX) {
    return `instance must have 1 to ${INSTANCE_NAME_MAX} characters (it has ${name.length})`
  }
  if (name === '.' || name === '..') return 'instance must not be "." or "..": URLs cannot carry it'
  return plainTextFault('instance', name)
}

/** @throws {InstanceNameError} with the fault as its message */
export function assertInstanceName(name: unknown): asserts name is string {
  const fault = instanceNameFault(name)
  if (fault !== undefined) throw new InstanceNameError(fault)
}
