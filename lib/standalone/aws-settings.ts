import type { Config } from './config.ts'
import { sdkFaults } from './setting-values.ts'
import { withoutPassword } from '../text/without-password.ts'

type AwsSettings = Pick<
  Config,
  | 'SQS_ENABLED'
  | 'SQS_BACKEND'
  | 'SQS_REGION'
  | 'SQS_ENDPOINT'
  | 'SQS_BASE_URL'
  | 'SQS_ACCESS_KEY_ID'
  | 'S3_REGION'
  | 'S3_ENDPOINT'
>

/** Description of a region in messages. */
export const REGION = 'an AWS region, such as us-east-1'
/** Names of regions of AWS. Behind another endpoint, a region may have any name. */
const AWS_REGION = /^[a-z]{2,}(-[a-z]+)+-\d{1,2}$/

/** Faults of endpoints, regions and credentials. The SDK's own variables are checked only if the SDK uses them. */
export function awsFaults(config: AwsSettings, env: Record<string, string | undefined>): string[] {
  const messages: string[] = []
  const wrong = (name: string, value: string, description = REGION) =>
    messages.push(`${name}: got ${withoutPassword(JSON.stringify(value))}, expected ${description}`)
  const { SQS_REGION, SQS_ENDPOINT, SQS_BASE_URL, S3_REGION, S3_ENDPOINT } = config
  for (const [name, url] of Object.entries({ SQS_ENDPOINT, SQS_BASE_URL })) {
    if (url !== undefined && !URL.canParse(url)) wrong(name, url, 'a URL, such as http://localhost:9324')
  }
  if (S3_REGION && !S3_ENDPOINT && !AWS_REGION.test(S3_REGION)) wrong('S3_REGION', S3_REGION)
  if (!config.SQS_ENABLED || config.SQS_BACKEND === 'embedded') return messages
  const own = SQS_ENDPOINT ?? SQS_BASE_URL
  if (!config.SQS_ACCESS_KEY_ID) messages.push(...sdkFaults(env, ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']))
  if (own === undefined) {
    const regions = SQS_REGION
      ? { SQS_REGION }
      : { AWS_REGION: env.AWS_REGION, AWS_DEFAULT_REGION: env.AWS_DEFAULT_REGION }
    for (const [name, value] of Object.entries(regions)) if (value && !AWS_REGION.test(value)) wrong(name, value)
  }
  return messages
}

/** Warnings about variables that affect calls of other programs to AWS, but not those of this one. */
export function networkWarnings({ SQS_ENABLED }: AwsSettings, env: Record<string, string>): string[] {
  const proxy = ['HTTPS_PROXY', 'https_proxy'].find((name) => env[name])
  const messages: string[] = []
  if (SQS_ENABLED && proxy && env.NODE_USE_ENV_PROXY !== '1' && !/--use-env-proxy/.test(env.NODE_OPTIONS ?? ''))
    messages.push(`${proxy} has no effect on calls to AWS without NODE_USE_ENV_PROXY=1`)
  if (SQS_ENABLED && env.AWS_CA_BUNDLE && !env.NODE_EXTRA_CA_CERTS)
    messages.push('AWS_CA_BUNDLE has no effect: set NODE_EXTRA_CA_CERTS to the file instead')
  return messages
}
