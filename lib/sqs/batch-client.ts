import {
  type BatchResultErrorEntry,
  SendMessageBatchCommand,
  type SendMessageBatchRequest,
  type SendMessageBatchResultEntry,
  type SQSClient
} from '@aws-sdk/client-sqs'
import type { SqsCalls } from './calls.ts'
import type { HttpAnswer, Post } from './connections.ts'
import { CallError, type SendFailure } from './failures.ts'
import { notThere } from './foreign-answer.ts'
import { type RequestTemplate, type SdkRequest, signedRequest, templateOf } from './signed-request.ts'

/** The answer of `SendMessageBatch`: entries that SQS accepted, and entries that failed. */
export interface BatchResult {
  readonly Successful: readonly Pick<SendMessageBatchResultEntry, 'Id'>[]
  readonly Failed: readonly BatchResultErrorEntry[]
}

/** A client of `createSqsClient`, whose requests may be repeated with another body. */
export interface Repeatable {
  client: SQSClient
  /** Sends a request again. */
  post: Post
}

export interface SendOptions {
  /** Ends the call early. */
  signal: AbortSignal
  /** Asked right before each request. If it returns false, the call fails with `NOT_SENT`. */
  maySend: () => boolean
}

/** The failure of a call that was not made, because another process may have the right to send its events. */
export const NOT_SENT: SendFailure = {
  kind: 'transient',
  code: 'NotSent',
  message: 'The call was not made, because another node may send these events now'
}

export interface BatchClientOptions {
  calls: SqsCalls
  /** Absent: a client of the host makes every call itself. */
  direct: Repeatable | undefined
}

/**
 * SendMessageBatch at a quarter of the SDK's cost. The SDK makes the first call, which finds endpoint, region and headers.
 * Later calls repeat its request with another body and a new signature, with the SDK's credentials. After a failure the SDK
 * makes the next call.
 */
export class BatchClient {
  readonly #calls: SqsCalls
  readonly #direct: Repeatable | undefined
  /** The client's middleware at the start. If a host adds to it, every call goes through the SDK. */
  readonly #middleware: string | undefined
  #template: RequestTemplate | undefined

  constructor({ calls, direct }: BatchClientOptions) {
    this.#calls = calls
    this.#direct = direct
    this.#middleware = direct?.client.middlewareStack.identify().join()
  }

  /** @throws {CallError} */
  send(input: SendMessageBatchRequest, { signal, maySend }: SendOptions): Promise<BatchResult> {
    const call = (signal: AbortSignal) => this.#send(input, { signal, maySend })
    return this.#calls.run('SendMessageBatch', call, { signal })
  }

  async #send(input: SendMessageBatchRequest, options: SendOptions): Promise<BatchResult> {
    const template = this.#template
    if (!template || !this.#direct) return this.#learn(input, options)
    try {
      return await repeat(template, this.#direct, { input, ...options })
    } catch (error) {
      this.#template = undefined
      throw error
    }
  }

  async #learn(input: SendMessageBatchRequest, { signal: abortSignal, maySend }: SendOptions): Promise<BatchResult> {
    // A host's own client may run no middleware.
    claim(maySend)
    const command = new SendMessageBatchCommand(input)
    let request: SdkRequest | undefined
    command.middlewareStack.add(
      (next) => (args) => {
        // In this step the request is complete, and the credentials are known.
        request = args.request as SdkRequest
        claim(maySend)
        return next(args)
      },
      { step: 'deserialize', priority: 'low' }
    )
    const result = batchResult(Object(await this.#calls.client.send(command, { abortSignal })))
    const untouched = this.#direct?.client.middlewareStack.identify().join() === this.#middleware
    if (this.#direct && untouched && request) this.#template = templateOf(request)
    return result
  }
}

/** @throws {CallError} these events are not to be sent now */
function claim(maySend: () => boolean): void {
  if (!maySend()) throw new CallError(NOT_SENT)
}

async function repeat(
  template: RequestTemplate,
  { client: { config }, post }: Repeatable,
  { input, signal, maySend }: { input: SendMessageBatchRequest } & SendOptions
): Promise<BatchResult> {
  const body = Buffer.from(JSON.stringify(input))
  const credentials = await config.credentials()
  const now = new Date(Date.now() + config.systemClockOffset)
  claim(maySend)
  const response = await post(signedRequest(template, { body, credentials, now }), signal)
  const answer = parse(response.body)
  if (response.statusCode !== 200) throw refusal(response, answer)
  return batchResult(answer)
}

/** Returns the object of a JSON text; an empty one for any other text. */
function parse(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>
  } catch {
    // The page of a proxy, or nothing: the status tells.
    return {}
  }
}

/** @throws {CallError} the answer names no entry, so it is not SQS's */
function batchResult({ Successful, Failed }: { Successful?: unknown; Failed?: unknown }): BatchResult {
  const entries = [Successful, Failed].map((list) =>
    (Array.isArray(list) ? list : []).filter((entry) => entry !== null)
  )
  if (entries.every(({ length }) => length === 0)) throw new CallError(notThere('SQS', 'HTTP 200'), 200)
  return { Successful: entries[0], Failed: entries[1] } as unknown as BatchResult
}

/**
 * The error that the SDK would throw.
 * https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html#operation-error-serialization
 */
function refusal(response: HttpAnswer, { __type, message, Message }: Record<string, unknown>): Error {
  const type = String(__type ?? response.headers['x-amzn-errortype'] ?? 'Unknown')
  const name = type.slice(type.indexOf('#') + 1).split(':', 1)[0] as string
  const { statusCode: httpStatusCode } = response
  const error = new Error(String(message ?? Message ?? name))
  return Object.assign(error, { name, $metadata: { httpStatusCode }, $response: response })
}
