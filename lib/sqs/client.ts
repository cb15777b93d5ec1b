import { SQSClient } from '@aws-sdk/client-sqs'
import { collector } from './collect.ts'
import { credentialChain } from './credentials.ts'
import { proxyEnv } from './proxy-env.ts'

export interface SqsClientOptions {
  region?: string | undefined
  endpoint?: string | undefined
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } | undefined
  /** SendMessageBatch calls under way at once: the client keeps a socket for each. */
  concurrency: number
  connectTimeoutMs: number
  /** For calls that the SDK makes by itself, such as to STS for credentials: `SqsCalls` gives the others a deadline. */
  requestTimeoutMs: number
}

/** Sockets for other calls: those that create queues, and probes. */
const OTHER_SOCKETS = 12

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
    streamCollector: collector('SQS'),
    requestHandler: { connectionTimeout: connectTimeoutMs, httpAgent: agent, httpsAgent: agent }
  })
  const { requestHandler } = client.config
  const handle = requestHandler.handle.bind(requestHandler)
  requestHandler.handle = (request, options: { abortSignal?: unknown } = {}) =>
    handle(request, { abortSignal: AbortSignal.timeout(requestTimeoutMs), ...options })
  return client
}
