/** Codes of dead letters, and the name of the advice on them. The first that fits counts. */
const ADVICE = [
  [/IEV_EVENT_DAMAGED/, 'damaged'],
  [/NoSuchBucket/, 'bucketMissing'],
  [/TOO_LARGE|TooLarge|TooLong/, 'tooLarge'],
  [/Kms/i, 'kms'],
  [/AccessDenied|NotAuthorized/, 'accessDenied'],
  [/QueueDoesNotExist|NonExistentQueue/, 'queueMissing'],
  [/QUEUE_UNUSABLE/, 'queueUnusable'],
  [/^Invalid|MissingParameter|UnsupportedOperation|ValidationE|SerializationException/, 'invalid']
] as const

export type Advice = (typeof ADVICE)[number][1] | 'other'

/** What to do about dead letters with this code. */
export function adviceOn(code: string): Advice {
  return ADVICE.find(([codes]) => codes.test(code))?.[1] ?? 'other'
}
