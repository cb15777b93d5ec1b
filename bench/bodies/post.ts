import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { API_KEY } from './body-server.ts'

/** @returns the status */
export async function post(port: number, path: string, body: Buffer): Promise<number> {
  const headers = { apikey: API_KEY, 'content-type': 'application/json', 'content-length': body.length }
  const posting = request({ host: '127.0.0.1', port, path, method: 'POST', headers })
  posting.end(body)
  const [answer] = (await once(posting, 'response')) as [IncomingMessage]
  answer.resume()
  await once(answer, 'close')
  return answer.statusCode ?? 0
}
