import type { SampleEvent } from '../harness/sample-events.ts'

/** Makes bodies of one connection, whose events are numbered `{"c":<connection>,"n":<number>}`. */
export function numberedBody({ event, data, sender, serverUrl }: SampleEvent, connection: number): NumberedBody {
  const tail = `${JSON.stringify(data).slice(1)},${JSON.stringify({ sender, serverUrl }).slice(1)}`
  const head = `{"event":${JSON.stringify(event)},"data":{"c":${connection},"n":`
  let number = 0
  const one = () => `${head}${++number},${tail}`
  return (perRequest) => (perRequest === 1 ? one() : `[${Array.from({ length: perRequest }, one).join(',')}]`)
}

/** @param perRequest 1: an event, more: an array of so many */
export type NumberedBody = (perRequest: number) => string
