import { readFileSync } from 'node:fs'

/** The input of `onInstanceEvent` without the instance. */
export interface SampleEvent {
  event: string
  data: Record<string, unknown>
  sender: string
  serverUrl: string
}

interface Webhook {
  event: string
  data: Record<string, unknown> & { messageType?: string }
  sender: string
  server_url: string
}

const FIXTURES = new URL('../../test/fixtures/evolution-webhooks.json', import.meta.url)

export type EventSize = '0.8 kB' | '8 kB'

/** Image messages that make up 8 kB. */
const MANY = 12

/** An image message as Evolution API's webhook posts it, or a history of such messages. */
export function sampleEvent(size: EventSize): SampleEvent {
  const message = imageMessage()
  if (size === '0.8 kB') return message
  const messages = Array.from({ length: MANY }, () => message.data)
  return { ...message, event: 'messages.set', data: { messages } }
}

function imageMessage(): SampleEvent {
  const webhooks = JSON.parse(readFileSync(FIXTURES, 'utf8')) as Webhook[]
  const found = webhooks.find(({ data }) => data?.messageType === 'imageMessage')
  if (!found) throw new Error('The fixtures have no image message')
  return { event: found.event, data: found.data, sender: found.sender, serverUrl: found.server_url }
}
