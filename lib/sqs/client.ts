import { SQSClient } from '@aws-sdk/client-sqs'
import { collector } from './collect.ts'
import type { Post } from './connections.ts'
import { credentialChain } from './credentials.ts'
import { proxyEnv } from './proxy-env.ts'

export interface SqsClientOptions {
  region?: string | undefined
  endpoint?: string | undefined
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } | undefined
  /** SendMessageBatch calls under way at once: the client may open a socket for each. */
  concurrency: number
  connectTimeoutMs: number
  /** For calls that the SDK makes by itself, such as to STS for credentials: `SqsCalls` gives the others a deadline. */
  requestTimeoutMs: number
}

/** Sockets for other calls: those that create queues, and probes. */
const OTHER_SOCKETS = 12

const collect = collector('SQS')

/** Creates an SQS client without retries, since its caller keeps the order, and without deadlines, which `SqsCalls` sets. */
export function createSqsClient(options: SqsClientOptions): SQSClient {
  const { region, endpoint, credentials, concurrency, connectTimeoutMs, requestTimeoutMs } = options
  const agent = { keepAlive: true, maxSockets: concurrency + OTHER_SOCKETS, ...proxyEnv(endpoint) }
  const client = new SQSClient({
    ...(region !== undefined && { region }),
    // A copy, since the SDK adds members to the object.
    ...(credentials && { credentials: { ...credentials } }),
    ...(endpoint !== undefined && { endpoint }),
    credentialDefaultProvider: credentialChain,
    // The host of a queue URL may not resolve on this machine: calls go to the configured endpoint.
    useQueueUrlAsEndpoint: false,
    maxAttempts: 1,
    // The SDK compares digests once SQS has accepted: an error would only repeat the call, and TLS protects the content.
    md5: false,
    streamCollector: collect,
    requestHandler: { connectionTimeout: connectTimeoutMs, httpAgent: agent, httpsAgent: agent }
  })
  const { requestHandler } = client.config
  const handle = requestHandler.handle.bind(requestHandler)
  requestHandler.handle = (request, options: { abortSignal?: unknown } = {}) =>
    handle(request, { abortSignal: AbortSignal.timeout(requestTimeoutMs), ...options })
  return client
}

/** Sends requests over the client's own connections. */
export function postOf({ config: { requestHandler } }: SQSClient): Post {
  return async (request, abortSignal) => {
    // The handler's type asks for the SDK's class, but the handler reads only these members.
    const sent = request as unknown as Parameters<typeof requestHandler.handle>[0]
    const { response } = await requestHandler.handle(sent, { abortSignal })
    const { statusCode, headers, body } = response
    return { statusCode, headers, body: String(await collect(body)) }
  }
}
