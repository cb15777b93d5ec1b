import { JsonText } from './json-text.ts'
import { assertJson, JsonLimitError, MAX_DEPTH } from './scan.ts'

/** JSON text, or why there is none, to be put behind the name of the field. Lone surrogates come out as escapes. */
export function toJson(value: unknown): { json: string } | { fault: string } {
  if (value instanceof JsonText) return { json: value.text }
  try {
    const json = JSON.stringify(value)
    if (json === undefined) return { fault: `is ${typeof value}, which JSON cannot carry` }
    // Only some releases of Node refuse deep values by themselves, each at another depth.
    assertJson(Buffer.from(json))
    return { json }
  } catch (error) {
    if (error instanceof RangeError) return { fault: `is nested deeper than ${MAX_DEPTH} levels` }
    const { message } = error as Error
    return { fault: error instanceof JsonLimitError ? message : `cannot be written as JSON: ${message}` }
  }
}
