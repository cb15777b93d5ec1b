import type { QueueSpec } from './queue-names.ts'

const MANAGED_BY = 'fastify-instance-events'
/** Keys of the tags that are set here. */
const OWN_KEYS = ['managed-by', 'instance', 'event']

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-tags.html
const OTHER_CHARACTERS = /[^\p{L}\p{Z}\p{N}_.:/=+\-@]/u
const MAX_KEY = 128
const MAX_VALUE = 256
const MAX_TAGS = 50

/** The tags of a queue that this package creates. */
export function queueTags({ instance, event }: QueueSpec): Record<string, string> {
  return {
    'managed-by': MANAGED_BY,
    ...(instance !== undefined && { instance: tagValue(instance) }),
    ...(event !== undefined && { event: tagValue(event) })
  }
}

/** True for the tags of a queue that this package has created. */
export function isOurs(tags: Record<string, string> | undefined): boolean {
  return tags?.['managed-by'] === MANAGED_BY
}

/**
 * The faults of tags that an operator adds: one message for each, without the name of the option.
 * @param others tags that the same queues have, too
 */
export function tagFaults(
  tags: Readonly<Record<string, string>>,
  others: Readonly<Record<string, string>> = {}
): string[] {
  const faults = Object.entries(tags).flatMap(([key, value]) => tagFault(key, value) ?? [])
  const max = MAX_TAGS - OWN_KEYS.length
  const count = Object.keys({ ...others, ...tags }).length
  if (count > max)
    faults.push(`${count} tags: a queue has at most ${MAX_TAGS}, ${OWN_KEYS.length} of which this server sets`)
  return faults
}

function tagFault(key: string, value: string): string | undefined {
  const tag = `the tag ${JSON.stringify(key)}`
  if (OWN_KEYS.includes(key)) return `${tag} is set by this server: choose another key`
  if (/^aws:/i.test(key)) return `${tag} begins with aws:, which is reserved for AWS`
  if (key === '' || key.length > MAX_KEY || OTHER_CHARACTERS.test(key))
    return `${tag} must have 1 to ${MAX_KEY} letters, digits, blanks and _ . : / = + - @`
  if (value.length > MAX_VALUE || OTHER_CHARACTERS.test(value))
    return `${tag} has the value ${JSON.stringify(value)}: expected at most ${MAX_VALUE} letters, digits, blanks and _ . : / = + - @`
  return undefined
}

function tagValue(text: string): string {
  return text.replace(new RegExp(OTHER_CHARACTERS, 'gu'), '_')
}
