import { get, type IncomingMessage } from 'node:http'
import type { Test } from 'tap'
import { API_KEY } from './build.ts'
import type { Received } from './sockets.ts'
import { soon, soonOnce } from './until.ts'
import { Watch } from './watch.ts'

export interface TestStream {
  response: IncomingMessage
  /** Received events, in order; those of the log are called `message`. */
  received: (Received & { id: string | undefined })[]
  /** All received text. */
  text: () => string
  /** Resolves when there are `count` events. */
  until(count: number): Promise<TestStream['received']>
  /** Resolves at the end of the response. */
  ended: Promise<unknown>
}

/**
 * Receives Server-Sent Events, as a browser does; closed after the test.
 * @param received gets the events, after those of earlier connections
 */
export async function stream(
  t: Test,
  url: string,
  headers: Record<string, string | undefined> = {},
  received: TestStream['received'] = []
): Promise<TestStream> {
  const sent = Object.entries({ apikey: API_KEY, ...headers }).filter(([, value]) => value !== undefined)
  const request = get(url, { headers: Object.fromEntries(sent) as Record<string, string> })
  t.after(() => void request.destroy())
  // That of a connection which is lost later; `soonOnce` rejects with an earlier one.
  request.on('error', () => {})
  const [response] = (await soonOnce(request, 'response')) as [IncomingMessage]
  const watch = new Watch()
  let text = ''
  let parsed = 0
  response.setEncoding('utf8').on('data', (part: string) => {
    text += part
    for (let end = text.indexOf('\n\n', parsed); end >= 0; end = text.indexOf('\n\n', parsed)) {
      const fields = new Map(
        text
          .slice(parsed, end)
          .split('\n')
          .map((line) => line.split(/: ?(.*)/s) as [string, string])
      )
      const data = fields.get('data')
      if (data !== undefined)
        received.push({ id: fields.get('id'), event: fields.get('event') ?? 'message', message: JSON.parse(data) })
      parsed = end + 2
    }
    watch.changed()
  })
  response.on('error', () => {})
  const ended = soon(new Promise((resolve) => response.once('close', resolve)), 'the end of a stream')
  return {
    response,
    received,
    text: () => text,
    ended,
    until: async (count) => {
      await watch.until(() => received.length >= count)
      return received
    }
  }
}
