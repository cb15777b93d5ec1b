/** Keeps the digits of a number; newer browsers have it. */
const { rawJSON } = JSON as { rawJSON?: (text: string) => unknown }

/**
 * Parses JSON so that `JSON.stringify` writes the same digits for every number. A number with more digits than JavaScript
 * can hold becomes an object. Older browsers round it.
 */
export function parseExactly(text: string): unknown {
  if (!rawJSON) return JSON.parse(text)
  return JSON.parse(text, (_name, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && context?.source !== undefined && String(value) !== context.source
      ? rawJSON(context.source)
      : value
  )
}
