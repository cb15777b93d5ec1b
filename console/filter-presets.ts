/** The event whose data the presets know: a message of Evolution API. */
export const PRESET_EVENT = { name: 'messages.upsert', key: 'MESSAGES_UPSERT' }

export const PRESETS = ['notFromMe', 'noGroups', 'noStatus'] as const
export type Preset = (typeof PRESETS)[number]

/** Ends of the addresses of chats that a preset leaves out. */
const LEFT_OUT = { noGroups: '@g.us', noStatus: 'status@broadcast' }
/** The form of event keys, which members of `data` do not have. */
const KEY = /^[A-Z][A-Z0-9_]*$/

type Members = Record<string, unknown>

/**
 * Adds the condition of a preset to a filter: to its policy for messages or, if it is one policy for all events, to that. A
 * condition of another form on the same member is replaced.
 * @param filter JSON; empty: no filter @returns JSON
 */
export function withPreset(filter: string, preset: Preset): string {
  const before = filter.trim() === '' ? {} : membersOf(JSON.parse(filter))
  const isForAll = Object.keys(before).some((name) => !KEY.test(name))
  const policy = isForAll ? before : membersOf(before[PRESET_EVENT.key])
  const key = membersOf(policy.key)
  const next = { ...policy, key: { ...key, ...conditionOf(preset, key) } }
  return JSON.stringify(isForAll ? next : { ...before, [PRESET_EVENT.key]: next }, null, 2)
}

function conditionOf(preset: Preset, { remoteJid }: Members): Members {
  if (preset === 'notFromMe') return { fromMe: [false] }
  // Conditions of a list are alternatives, so both presets share one.
  const [condition] = Array.isArray(remoteJid) ? (remoteJid as unknown[]) : []
  const known = [membersOf(membersOf(condition)['anything-but']).suffix ?? []].flat()
  return { remoteJid: [{ 'anything-but': { suffix: [...new Set([...known, LEFT_OUT[preset]])] } }] }
}

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {}
}
