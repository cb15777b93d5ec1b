/**
 * Deletions of queues, as all nodes see them: a queue that one node is about to delete may be selected again on another. A deletion
 * is announced, begins a while later unless it was revoked meanwhile, and ends.
 */
export interface QueueDeletions {
  /** Announces deletions under an id. It replaces earlier announcements of the queues, but no deletion that has begun. */
  announce(names: readonly string[], id: string): Promise<void>

  /**
   * Begins the deletions that were announced under an id. Of those that have begun under it, the time begins anew.
   * @param forMs milliseconds after which they count as ended, if `end` is never called
   * @returns those that were neither revoked nor announced anew
   */
  begin(names: readonly string[], id: string, forMs: number): Promise<string[]>

  /** Ends deletions that have begun, whether the queues were deleted or not. Idempotent. */
  end(names: readonly string[], id: string): Promise<void>

  /** Revokes announced deletions, since the queues are needed. @returns those whose deletion has begun and not ended */
  revoke(names: readonly string[]): Promise<string[]>
}
