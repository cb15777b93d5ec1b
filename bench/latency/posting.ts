import { Agent, request } from 'node:http'

export interface PostingOptions {
  port: number
  instance: string
  apikey: string
}

/** Posts events of an instance over one connection. */
export class Posting {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })
  readonly #options: PostingOptions

  constructor(options: PostingOptions) {
    this.#options = options
  }

  /** Resolves when the events are accepted. @throws they are not */
  post(body: string): Promise<void> {
    const { port, instance, apikey } = this.#options
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const headers = { apikey, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const posted = request(
      { port, agent: this.#agent, method: 'POST', path: `/events/${instance}`, headers },
      (reply) => {
        reply.resume()
        reply.once('end', () => {
          if (reply.statusCode === 202) resolve()
          else reject(new Error(`The answer is ${reply.statusCode}`))
        })
      }
    )
    posted.once('error', reject)
    posted.end(body)
    return promise
  }

  close(): void {
    this.#agent.destroy()
  }
}
