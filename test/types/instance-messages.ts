// Checked by tsc only: the types of the data of events in the code of consumers.
import type { InstanceEventMap } from '../../app.ts'
import { connectInstance, type InstanceMessage, type OtherEventName } from '../../lib/client/connect-instance.ts'

interface Invoice {
  total: number
}

export function textOf(message: InstanceMessage): string | undefined {
  switch (message.event) {
    case 'messages.upsert':
      return message.data.message.conversation
    case 'chats.delete':
      return message.data[0]
    case 'remove.instance': {
      const nothing: null = message.data
      return nothing ?? undefined
    }
    case 'call':
      return 'packet' in message.data ? message.data.event : message.data.from
    default: {
      // @ts-expect-error the data of an event without a known name is unknown
      const data: object = message.data
      return String(data)
    }
  }
}

export function misspelt(message: InstanceMessage): boolean {
  // @ts-expect-error no event has this name
  return message.event === 'mesages.upsert'
}

export function wrongMember(message: InstanceMessage): unknown {
  // @ts-expect-error contacts are no messages
  return message.event === 'contacts.set' && message.data.key
}

/** Names that are not in the map are possible, with unknown data. */
export function other(name: OtherEventName, message: InstanceMessage): unknown {
  const text: string = name
  if (text !== message.event) return undefined
  // @ts-expect-error unknown data must be narrowed first
  return message.data.total
}

export function envelope({ instance, offset, sender, isLatest }: InstanceMessage): [string, number, string | null] {
  const extra: unknown = isLatest
  return [instance, offset, sender ?? String(extra)]
}

export const connection = connectInstance<InstanceEventMap & { 'invoice.paid': Invoice }>('ws://localhost:8080/sales', {
  apikey: 'a-key',
  onEvent: (message) => {
    if (message.event === 'invoice.paid') message.data.total.toFixed(2)
    if (message.event === 'connection.update') message.data.state satisfies 'connecting' | 'open' | 'close' | 'refused'
  }
})

type Data = InstanceEventMap['messages.upsert']
export const data: Data = {
  key: { remoteJid: '5511987654321@s.whatsapp.net', fromMe: false, id: '3EB0' },
  message: { conversation: 'Oi' },
  messageType: 'conversation',
  messageTimestamp: 1
}
// @ts-expect-error a message has a key
export const keyless: Data = { message: {}, messageType: 'conversation', messageTimestamp: 1 }
// @ts-expect-error there is no such event
export type Unknown = InstanceEventMap['messages.typo']
