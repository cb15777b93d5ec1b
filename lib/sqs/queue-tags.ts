import type { QueueSpec } from './queue-names.ts'

const MANAGED_BY = 'fastify-instance-events'

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

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-tags.html */
function tagValue(text: string): string {
  return text.replace(/[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu, '_')
}
