import {
  SendMessageBatchCommand,
  type SendMessageBatchRequest,
  type SendMessageBatchResult,
  type SQSClient
} from '@aws-sdk/client-sqs'
import { type RequestTemplate, type SdkRequest, signedRequest, templateOf } from './signed-request.ts'

export type BatchResult = Partial<Pick<SendMessageBatchResult, 'Successful' | 'Failed'>>

export interface BatchClientOptions {
  client: SQSClient
  /** The client is ours, made by `createSqsClient`: what it sends may be sent again with another body. */
  direct: boolean
}

/**
 * SendMessageBatch at a quarter of what the SDK takes for it. The SDK makes the first call, and with it whatever there
 * is to be found out (endpoint, region, headers); those after it are the same request with another body, signed anew,
 * by the SDK's connections and credentials. After a failure the SDK makes the next one again.
 */
export class BatchClient {
  readonly #client: SQSClient
  readonly #direct: boolean
  /** What the client does with a call as it comes; if somebody added to that, every call must go through it. */
  readonly #middleware: string
  #template: RequestTemplate | undefined

  constructor({ client, direct }: BatchClientOptions) {
    this.#client = client
    this.#direct = direct
    this.#middleware = direct ? client.middlewareStack.identify().join() : ''
  }

  /** @throws what the SDK throws: an `Error` with AWS's code as its name, or the system's */
  async send(input: SendMessageBatchRequest, signal: AbortSignal): Promise<BatchResult> {
    const template = this.#template
    if (!template) return this.#learn(input, signal)
    try {
      return await this.#repeat(template, { input, signal })
    } catch (error) {
      this.#template = undefined
      throw error
    }
  }

  async #learn(input: SendMessageBatchRequest, signal: AbortSignal): Promise<BatchResult> {
    const command = new SendMessageBatchCommand(input)
    let request: SdkRequest | undefined
    command.middlewareStack.add(
      (next) => (args) => {
        // In this step the request is as it will be sent.
        request = args.request as SdkRequest
        return next(args)
      },
      { step: 'deserialize', priority: 'low' }
    )
    const result = await this.#client.send(command, { abortSignal: signal })
    const untouched = this.#direct && this.#client.middlewareStack.identify().join() === this.#middleware
    if (untouched && request) this.#template = templateOf(request)
    return result
  }

  async #repeat(
    template: RequestTemplate,
    { input, signal }: { input: SendMessageBatchRequest; signal: AbortSignal }
  ): Promise<BatchResult> {
    const { config } = this.#client
    const body = Buffer.from(JSON.stringify(input))
    const credentials = await config.credentials()
    const now = new Date(Date.now() + config.systemClockOffset)
    const request = signedRequest(template, { body, credentials, now })
    // The handler reads from a request what is in it, and asks for the class only by its type.
    const sent = request as unknown as Parameters<typeof config.requestHandler.handle>[0]
    const { response } = await config.requestHandler.handle(sent, { abortSignal: signal })
    const answer = parse(await read(response.body as AsyncIterable<Buffer>))
    if (response.statusCode !== 200) throw refusal(response, answer)
    return answer
  }
}

async function read(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

interface Refused {
  __type?: string
  message?: string
  Message?: string
}

function parse(text: string): BatchResult & Refused {
  try {
    return JSON.parse(text) as BatchResult & Refused
  } catch {
    // A proxy's page, or nothing: what it says is in the status.
    return {}
  }
}

/**
 * As the SDK would throw it.
 * https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html#operation-error-serialization
 */
function refusal(
  { statusCode, headers }: { statusCode: number; headers: Record<string, string> },
  { __type, message, Message }: Refused
): Error {
  const type = __type ?? headers['x-amzn-errortype'] ?? 'Unknown'
  const name = type.slice(type.indexOf('#') + 1).split(':', 1)[0] as string
  return Object.assign(new Error(message ?? Message ?? name), { name, $metadata: { httpStatusCode: statusCode } })
}
