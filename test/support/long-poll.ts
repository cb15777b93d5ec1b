import { API_KEY } from './build.ts'

/** The reply to a request of long polling: a page, or a refusal. */
export interface Polled {
  /** The status of HTTP. */
  status: number
  headers: Headers
  events: Record<string, unknown>[]
  after: number
  more: boolean
  log: string
  complete: boolean
  /** The code of a refusal. */
  code?: string
  response?: { message: string[] }
}

export interface PollOptions {
  /** `null`: none is sent. */
  apikey?: string | null
  /** Ends the request. */
  signal?: AbortSignal
}

/** Requests a page. */
export async function poll(url: string | URL, { apikey = API_KEY, signal }: PollOptions = {}): Promise<Polled> {
  const reply = await fetch(url, { headers: apikey === null ? {} : { apikey }, ...(signal && { signal }) })
  const { status, headers } = reply
  return { ...((await reply.json()) as Omit<Polled, 'status' | 'headers'>), status, headers }
}

/** The data of the events of a page. */
export const polledData = ({ events }: Polled) => events.map(({ data }) => data)
