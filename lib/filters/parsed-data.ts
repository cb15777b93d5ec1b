/** An event with its `data` as JSON text. */
export interface WithData {
  readonly data: string
}

let last: WithData | undefined
let value: unknown

/** Returns `data` of an event. That of the last event is kept: several filters in a row look at one event. */
export function parsedData(event: WithData): unknown {
  if (event !== last) {
    value = JSON.parse(event.data)
    last = event
  }
  return value
}
