/** Keys of the events that people select together, of Evolution API. */
const KEYS = {
  messages: ['MESSAGES_UPSERT', 'SEND_MESSAGE'],
  messageStates: [
    'MESSAGES_UPSERT',
    'MESSAGES_EDITED',
    'MESSAGES_UPDATE',
    'MESSAGES_DELETE',
    'SEND_MESSAGE',
    'SEND_MESSAGE_UPDATE'
  ],
  connection: ['QRCODE_UPDATED', 'CONNECTION_UPDATE', 'STATUS_INSTANCE', 'LOGOUT_INSTANCE', 'REMOVE_INSTANCE']
}

export type EventPreset = keyof typeof KEYS
export const EVENT_PRESETS = Object.keys(KEYS) as EventPreset[]

/** Keys of a preset that a server has. */
export function presetKeys(preset: EventPreset, events: readonly { key: string }[]): string[] {
  return KEYS[preset].filter((key) => events.some((event) => event.key === key))
}
