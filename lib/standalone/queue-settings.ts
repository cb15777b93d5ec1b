import { Type } from '@sinclair/typebox'
import {
  DELAY_SECONDS,
  KMS_KEY_ID,
  type QueueAttributes,
  type QueueAttributesByKind,
  RETENTION_SECONDS,
  VISIBILITY_SECONDS
} from '../schemas/options/queue-attributes.ts'
import { tagFaults } from '../sqs/queue-tags.ts'
import type { Config } from './config.ts'
import { list, optionalCount } from './setting-types.ts'

/** The settings of the attributes of new queues, without the prefix that names the kind of queue. */
const ATTRIBUTES = {
  MESSAGE_RETENTION_SECONDS: optionalCount(limits(RETENTION_SECONDS)),
  VISIBILITY_TIMEOUT_SECONDS: optionalCount(limits(VISIBILITY_SECONDS)),
  DELAY_SECONDS: optionalCount(limits(DELAY_SECONDS)),
  KMS_KEY_ID: Type.Optional(
    Type.String({ pattern: KMS_KEY_ID, description: 'the id, ARN or alias of a key of AWS KMS, such as alias/my-key' })
  ),
  SSE: Type.Optional(Type.Boolean({ description: 'true or false' })),
  TAGS: list('tags, separated by commas, such as team=hub,stage=production')
}

/** Prefixes of the settings of all queues, and of each kind. */
const PREFIXES = { all: 'SQS', shared: 'SQS_GLOBAL', own: 'SQS_INSTANCE', deadLetter: 'SQS_DLQ' } as const
type Prefix = (typeof PREFIXES)[keyof typeof PREFIXES]
type SettingsOf<P extends Prefix> = { [K in keyof typeof ATTRIBUTES as `${P}_${K}`]: (typeof ATTRIBUTES)[K] }

/** The settings of the attributes of new queues: `SQS_TAGS`, `SQS_GLOBAL_TAGS` and so on. */
export const QUEUE_SETTINGS = {
  ...settingsOf('SQS'),
  ...settingsOf('SQS_GLOBAL'),
  ...settingsOf('SQS_INSTANCE'),
  ...settingsOf('SQS_DLQ')
}

function settingsOf<P extends Prefix>(prefix: P): SettingsOf<P> {
  const settings = Object.entries(ATTRIBUTES).map(([name, schema]) => [`${prefix}_${name}`, schema] as const)
  return Object.fromEntries(settings) as SettingsOf<P>
}

type QueueConfig = Pick<Config, keyof typeof QUEUE_SETTINGS>

/** The faults of these settings that depend on each other, and of tags. */
export function queueFaults(config: QueueConfig): string[] {
  const ofAll = tagsOf(config.SQS_TAGS).tags
  return Object.values(PREFIXES).flatMap((prefix) => {
    const { tags, faults } = tagsOf(config[`${prefix}_TAGS`])
    const wrong = Object.keys(tags).length > 0 ? tagFaults(tags, ofAll) : []
    const both = config[`${prefix}_KMS_KEY_ID`] !== undefined && config[`${prefix}_SSE`] !== undefined
    return [
      ...(both ? [`${prefix}_SSE: cannot be used with ${prefix}_KMS_KEY_ID: leave one out`] : []),
      ...[...faults, ...wrong].map((fault) => `${prefix}_TAGS: ${fault}`)
    ]
  })
}

/** The option of the plugin, with the kinds of which a setting is given. */
export function queueAttributes(config: QueueConfig): QueueAttributesByKind {
  const kinds = Object.entries(PREFIXES).map(([kind, prefix]) => [kind, attributesOf(config, prefix)] as const)
  return Object.fromEntries(kinds.filter(([, attributes]) => Object.keys(attributes).length > 0))
}

function attributesOf(config: QueueConfig, prefix: Prefix): QueueAttributes {
  const { tags } = tagsOf(config[`${prefix}_TAGS`])
  const attributes = {
    messageRetentionSeconds: config[`${prefix}_MESSAGE_RETENTION_SECONDS`],
    visibilityTimeoutSeconds: config[`${prefix}_VISIBILITY_TIMEOUT_SECONDS`],
    delaySeconds: config[`${prefix}_DELAY_SECONDS`],
    kmsKeyId: config[`${prefix}_KMS_KEY_ID`],
    sqsManagedSse: config[`${prefix}_SSE`],
    tags: Object.keys(tags).length > 0 ? tags : undefined
  }
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined))
}

/** Reads `<key>=<value>` entries. Values may contain `=`. */
function tagsOf(entries: readonly string[]): { tags: Record<string, string>; faults: string[] } {
  const tags = new Map<string, string>()
  const faults: string[] = []
  for (const entry of entries) {
    const [, key = '', value] = /^\s*(.*?)\s*=\s*(.*)$/s.exec(entry) ?? []
    if (value === undefined) faults.push(`got ${JSON.stringify(entry)}, expected <key>=<value>`)
    else if (tags.has(key)) faults.push(`the tag ${JSON.stringify(key)} is given twice`)
    else tags.set(key, value)
  }
  return { tags: Object.fromEntries(tags), faults }
}

function limits({ minimum: min, maximum: max }: { minimum: number; maximum: number }) {
  return { min, max }
}
