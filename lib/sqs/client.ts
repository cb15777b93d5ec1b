import { SQSClient } from '@aws-sdk/client-sqs'
import { proxyEnv } from './proxy-env.ts'

export interface SqsClientOptions {
  region?: string | undefined
  endpoint?: string | undefined
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } | undefined
  /** Calls that may be on their way at once: as many sockets are kept. */
  concurrency: number
  connectTimeoutMs: number
  requestTimeoutMs: number
}

/** An SQS client that leaves retries to its caller, who keeps the order. */
export function createSqsClient(options: SqsClientOptions): SQSClient {
  const { region, endpoint, credentials, concurrency, connectTimeoutMs, requestTimeoutMs } = options
  const agent = { keepAlive: true, maxSockets: concurrency + 8, ...proxyEnv(endpoint) }
  return new SQSClient({
    ...(region !== undefined && { region }),
    // A copy: the SDK writes notes of its own into the object.
    ...(credentials && { credentials: { ...credentials } }),
    ...(endpoint !== undefined && { endpoint }),
    // Queue URLs are only names: their host may not resolve here, wherever the endpoint was configured.
    useQueueUrlAsEndpoint: false,
    maxAttempts: 1,
    // The SDK compares digests after SQS accepted: TLS has done that already, and throwing then only repeats.
    md5: false,
    requestHandler: {
      connectionTimeout: connectTimeoutMs,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
      httpAgent: agent,
      httpsAgent: agent
    }
  })
}
