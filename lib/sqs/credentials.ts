import { defaultProvider } from '@aws-sdk/credential-provider-node'
import { withDeadline } from './deadline.ts'

interface Identity {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
}

type Provider = (options?: { forceRefresh?: boolean }) => Promise<Identity>

const LOOKUP_DEADLINE_MS = 10_000
/** Sources of credentials (STS, instance metadata) are not asked more often for being refused. */
const RENEWAL_INTERVAL_MS = 5_000

/**
 * The SDK's own chain of credentials, asked anew when that is wanted: shared files are read again, and a lookup that
 * hangs does not keep later ones waiting, as it does within one chain.
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

/** What is used of a client. One of the host's making may have no `config`. */
export interface WithCredentials {
  readonly config?: { readonly credentials?: unknown }
}

/** Asks a client's source of credentials for new ones, after AWS refused those that it had. */
export class CredentialsRenewal {
  readonly #client: WithCredentials
  #latest: Promise<boolean> | undefined
  #at = -Infinity

  constructor(client: WithCredentials) {
    this.#client = client
  }

  /** Whether there are others now. Never rejects. Calls that fail together share one lookup. */
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
