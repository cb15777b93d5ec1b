import { SQSClient } from '@aws-sdk/client-sqs'
import { collector } from './collect.ts'
import { credentialChain } from './credentials.ts'
import { proxyEnv } from './proxy-env.ts'

export interface SqsClientOptions {
  region?: string | undefined
  endpoint?: string | undefined
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } | undefined
  /** Calls that may be on their way at once: as many sockets are kept. */
  concurrency: number
  connectTimeoutMs: number
  /** For what the SDK asks by itself, as STS for credentials: its calls have no deadline of their own. */
  requestTimeoutMs: number
}

/** Sockets besides those that send: for queues that are made, and for probes. */
const OTHER_SOCKETS = 12

/** An SQS client that leaves retries to its caller, who keeps the order, and deadlines to `SqsCalls`. */
export function createSqsClient(options: SqsClientOptions): SQSClient {
  const { region, endpoint, credentials, concurrency, connectTimeoutMs, requestTimeoutMs } = options
  const agent = { keepAlive: true, maxSockets: concurrency + OTHER_SOCKETS, ...proxyEnv(endpoint) }
  const client = new SQSClient({
    ...(region !== undefined && { region }),
    // A copy: the SDK writes notes of its own into the object.
    ...(credentials && { credentials: { ...credentials } }),
    ...(endpoint !== undefined && { endpoint }),
    credentialDefaultProvider: credentialChain,
    // Queue URLs are only names: their host may not resolve here, wherever the endpoint was configured.
    useQueueUrlAsEndpoint: false,
    maxAttempts: 1,
    // The SDK compares digests after SQS accepted: TLS has done that already, and throwing then only repeats.
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
