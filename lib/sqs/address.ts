import type { SQSClient } from '@aws-sdk/client-sqs'

/** The address of SQS, without credentials that the endpoint's URL may contain. */
export interface SqsAddress {
  host: string
  pathname?: string
  variables?: Record<string, { description: string; examples: string[] }>
}

/**
 * Resolves with the address that a client calls: its endpoint, or AWS's in its region. If the region is unknown, as for
 * a client that has only `send`, the address has a variable for it. Never rejects.
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

/** The AWS region that a client calls, and the host of its endpoint if it has one of its own. `null`: not known, or none. */
export interface SqsDestination {
  region: string | null
  endpoint: string | null
  /** True if the endpoint is not AWS's, as that of an emulator. VPC endpoints are AWS's. */
  emulated: boolean
}

/** Hosts of AWS, with a port or without. */
const AWS_HOST = /(^|\.)(amazonaws\.(com(\.cn)?|eu)|api\.aws)(:\d+)?$/

/** Resolves with where a client sends. Never rejects. */
export async function sqsDestination(client: { config?: SQSClient['config'] }): Promise<SqsDestination> {
  const { config } = client
  const region = (await config?.region().catch(() => undefined)) ?? null
  const endpoint = config?.endpoint ? (await sqsAddress(client)).host : null
  return { region, endpoint, emulated: endpoint !== null && !AWS_HOST.test(endpoint) }
}

/**
 * Names the SQS that a client calls: address, region, and the account that owns the queues, if an option names it. Resolves
 * with `undefined` if that is not known, as for a client that has only `send`. Never rejects.
 */
export async function sqsService(
  client: { config?: SQSClient['config'] },
  accountId: string | undefined
): Promise<string | undefined> {
  const { host, pathname = '', variables } = await sqsAddress(client)
  const region = await client.config?.region().catch(() => undefined)
  if (variables || region === undefined) return undefined
  return [`${host}${pathname}`, region, ...(accountId === undefined ? [] : [accountId])].join(' ')
}

function anyRegion(): SqsAddress {
  const region = { description: 'AWS region.', examples: ['us-east-1', 'sa-east-1'] }
  return { host: 'sqs.{region}.amazonaws.com', variables: { region } }
}
