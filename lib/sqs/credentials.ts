import { defaultProvider } from '@aws-sdk/credential-provider-node'
import { withDeadline } from './deadline.ts'

interface Identity {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
}

type Provider = (options?: { forceRefresh?: boolean }) => Promise<Identity>

const LOOKUP_DEADLINE_MS = 10_000
/** Sources of credentials (STS, instance metadata) are asked at most once in this time because of refusals. */
const RENEWAL_INTERVAL_MS = 5_000

/**
 * The SDK's chain of credential providers. With `forceRefresh`, shared files are read again. A lookup that hangs does not
 * delay later ones, as it does within one chain of the SDK.
 */
export function credentialChain(
  init: Parameters<typeof defaultProvider>[0] = {},
  { deadlineMs: ms = LOOKUP_DEADLINE_MS } = {}
) {
  const make = () => defaultProvider({ ...init, ignoreCache: true })
  let chain = make()
  return async (options?: Parameters<typeof chain>[0]) => {
    if (options?.forceRefresh) chain = make()
    const asked = chain
    try {
      return await withDeadline({ ms, what: 'The lookup of AWS credentials' }, () => asked(options))
    } catch (error) {
      if (chain === asked) chain = make()
      throw error
    }
  }
}

/** The member of a client that is used. A host's own client may have no `config`. */
export interface WithCredentials {
  readonly config?: { readonly credentials?: unknown }
}

/** Looks up a client's credentials again, after AWS has refused them. */
export class CredentialsRenewal {
  readonly #client: WithCredentials
  #latest: Promise<boolean> | undefined
  #at = -Infinity

  constructor(client: WithCredentials) {
    this.#client = client
  }

  /** Resolves with whether they are different now. Never rejects. Calls that fail together share one lookup. */
  renewed(): Promise<boolean> {
    if (!this.#latest || performance.now() - this.#at > RENEWAL_INTERVAL_MS) {
      this.#at = performance.now()
      this.#latest = this.#renew().catch(() => false)
    }
    return this.#latest
  }

  async #renew(): Promise<boolean> {
    const credentials = this.#client.config?.credentials as Provider | undefined
    if (!credentials) return false
    return withDeadline({ ms: LOOKUP_DEADLINE_MS, what: 'The lookup of AWS credentials' }, async () => {
      const before = await credentials()
      const after = await credentials({ forceRefresh: true })
      return before.accessKeyId !== after.accessKeyId || before.sessionToken !== after.sessionToken
    })
  }
}
