import { MAX_ORIGIN_LENGTH } from '../schemas/event-input.ts'

/** True for text that can be the `sender`, `serverUrl` or `apikey` of an event. Webhooks leave out other values. */
export function isOriginText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_ORIGIN_LENGTH
}
