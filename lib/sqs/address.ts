import type { SQSClient } from '@aws-sdk/client-sqs'

/** Where SQS is. Without the credentials that a URL might bring. */
export interface SqsAddress {
  host: string
  pathname?: string
  variables?: Record<string, { description: string; examples: string[] }>
}

/**
 * Where a client's calls go: its endpoint, or AWS's in its region. A pattern for the region where that is not known, as of
 * a client that is no more than `send`. Never rejects.
 */
export async function sqsAddress({ config }: { config?: SQSClient['config'] }): Promise<SqsAddress> {
  try {
    if (!config) return anyRegion()
    const custom = await config.endpoint?.()
    if (custom) {
      const { hostname, port, path } = custom
      return { host: port === undefined ? hostname : `${hostname}:${port}`, ...(path !== '/' && { pathname: path }) }
    }
    const [Region, UseFIPS, UseDualStack] = await Promise.all([
      config.region(),
      config.useFipsEndpoint(),
      config.useDualstackEndpoint()
    ])
    return { host: config.endpointProvider({ Region, UseFIPS, UseDualStack }).url.host }
  } catch {
    return anyRegion()
  }
}

function anyRegion(): SqsAddress {
  const region = { description: 'Region of AWS.', examples: ['us-east-1', 'sa-east-1'] }
  return { host: 'sqs.{region}.amazonaws.com', variables: { region } }
}
