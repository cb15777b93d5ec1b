/** An event with its `data` as JSON text. */
export interface WithData {
  readonly data: string
}

let last: WithData | undefined
let value: unknown

/** Parses `data` of an event. Caches the last result, because several filters evaluate the same event in a row. */
export function parsedData(event: WithData): unknown {
  if (event !== last) {
    value = JSON.parse(event.data)
    last = event
  }
  return value
}
