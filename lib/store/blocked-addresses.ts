/** Addresses whose keys are refused for a while, as the nodes of a cluster tell each other. */
export interface BlockedAddresses {
  /** Tells the other nodes. Best effort: it does not wait, and never fails. */
  tell(address: string, forMs: number): void

  /** Calls the listener for each address that a node has told of, this one included. */
  listen(listener: (address: string, forMs: number) => void): void
}
