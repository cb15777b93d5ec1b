import type { SQSClient } from '@aws-sdk/client-sqs'

/** Where SQS is. Without the credentials that a URL might bring. */
export interface SqsAddress {
  host: string
  pathname?: string
  variables?: Record<string, { description: string; examples: string[] }>
}

/** Where a client's calls go; a place of AWS that it is not known yet where is, if it has no region. */
export async function sqsAddress({ config }: SQSClient): Promise<SqsAddress> {
  const custom = await config.endpoint?.()
  if (custom) {
    const { hostname, port, path } = custom
    return { host: port === undefined ? hostname : `${hostname}:${port}`, ...(path !== '/' && { pathname: path }) }
  }
  try {
    const [Region, UseFIPS, UseDualStack] = await Promise.all([
      config.region(),
      config.useFipsEndpoint(),
      config.useDualstackEndpoint()
    ])
    return { host: config.endpointProvider({ Region, UseFIPS, UseDualStack }).url.host }
  } catch {
    const region = { description: 'Region of AWS.', examples: ['us-east-1', 'sa-east-1'] }
    return { host: 'sqs.{region}.amazonaws.com', variables: { region } }
  }
}
