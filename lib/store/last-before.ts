/** An event, and when it was accepted, in milliseconds since the epoch. */
export interface AcceptedEvent {
  readonly offset: number
  readonly acceptedAt: number
}

/**
 * Returns the offset of the last event that was accepted before a time, by a binary search. Where a clock was set back, times do
 * not ascend, and it is the offset of one of the events that were accepted before it and are followed by a later one.
 * @param first lowest offset of the log; without an event before the time, the offset before it is returned
 * @param next the first event after an offset; `undefined` if there is none
 */
export async function lastBefore(
  time: number,
  { first, head }: { first: number; head: number },
  next: (after: number) => Promise<AcceptedEvent | undefined>
): Promise<number> {
  let low = Math.max(first - 1, 0)
  let high = head + 1
  while (low + 1 < high) {
    const middle = Math.floor((low + high) / 2)
    const event = await next(middle - 1)
    if (event && event.offset < high && event.acceptedAt < time) low = event.offset
    else high = middle
  }
  return low
}
