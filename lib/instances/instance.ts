/** A way by which events leave. */
export type TransportName = 'sqs' | 'websocket'

/** Which events of an instance take one transport. `events` are event keys. */
export interface Selection {
  readonly id: string
  readonly enabled: boolean
  readonly events: readonly string[]
  readonly createdAt: Date
  readonly updatedAt: Date
}

export interface Instance {
  /** Internal number: never reused, so that a name given again does not inherit the log of its predecessor. */
  readonly key: number
  /** UUID. */
  readonly id: string
  readonly name: string
  /** SHA-256 of the token; `null` for an instance registered without one. */
  readonly tokenHash: Buffer | null
  /** What kind of connection the hub said it is, such as `WHATSAPP-BAILEYS`. */
  readonly integration: string | null
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly selections: { readonly [T in TransportName]?: Selection }
}
