import { JsonText } from './json-text.ts'
import { JsonLimitError } from './faults.ts'
import { assertJson, MAX_DEPTH } from './scan.ts'

/** Returns a value as JSON text, or a fault that continues the name of its field. Lone surrogates are written as escapes. */
export function toJson(value: unknown): { json: string } | { fault: string } {
  if (value instanceof JsonText) return { json: value.text }
  try {
    const json = JSON.stringify(value)
    if (json === undefined) return { fault: `is ${typeof value}, which JSON cannot represent` }
    // Some releases of Node.js refuse deep values themselves, each at another depth.
    assertJson(Buffer.from(json))
    return { json }
  } catch (error) {
    if (error instanceof RangeError) return { fault: `is nested deeper than ${MAX_DEPTH} levels` }
    const { message } = error as Error
    return { fault: error instanceof JsonLimitError ? message : `cannot be written as JSON: ${message}` }
  }
}
