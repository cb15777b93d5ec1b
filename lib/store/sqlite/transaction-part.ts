/** State in memory that changes with transactions: within one, its changes are on trial. */
export interface TransactionPart {
  /** Writes what is left to write, at the end of the transaction. */
  write(): void
  /** The transaction was committed. */
  committed(): void
  /** Nothing of the transaction was kept. */
  rolledBack(): void
}
