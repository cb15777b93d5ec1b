import type { Hub } from './hub.ts'

/**
 * Describes Evolution GO. Its sender sets no header but the content type, so the key is in the URL. It posts the same
 * body to the URL of the instance and to the global one, and repeats it until it is answered 2xx, five times in all, 30
 * seconds apart. The body has neither an id nor a time outside `data`, and events are sent in parallel, in no order.
 * `instanceToken` is the instance's own key.
 * https://github.com/EvolutionAPI/evolution-go, pkg/events/webhook/webhook_producer.go (sender),
 * pkg/whatsmeow/service/whatsmeow.go and pkg/sendMessage/service/send_service.go (members, names of events); its wiki
 * shows another form, which the source does not send
 */
export const evolutionGo: Hub = {
  name: 'evolution-go',
  title: 'Evolution GO',
  members: { instance: 'instanceName', event: 'event', data: 'data', apikey: 'instanceToken' },
  connection: {
    QRCode: 'connecting',
    QRTimeout: 'close',
    PairSuccess: 'open',
    Connected: 'open',
    ConnectFailure: 'close',
    Disconnected: 'close',
    TemporaryBan: 'close',
    LoggedOut: 'close'
  },
  events: {
    Message: 'A message came in, or was sent by another device.',
    SendMessage: 'A message was sent by the API.',
    Receipt: 'A message was delivered or read.',
    Presence: 'A contact is online or offline.',
    ChatPresence: 'Somebody is typing or recording.',
    Archive: 'A chat was archived or taken out of the archive.',
    HistorySync: 'A part of the history arrived.',
    OfflineSyncCompleted: 'The events from the time when the instance was offline have arrived.',
    CallOffer: 'A call came in.',
    CallOfferNotice: 'A call of a group was announced.',
    CallRelayLatency: 'The latency of the servers of a call was measured.',
    CallAccept: 'A call was accepted.',
    CallTerminate: 'A call ended.',
    Connected: 'The instance is connected.',
    PairSuccess: 'The instance was paired with a phone.',
    ConnectFailure: 'The instance could not connect.',
    Disconnected: 'The connection was closed.',
    TemporaryBan: 'The account was banned for a while.',
    LoggedOut: 'The instance was logged out.',
    QRCode: 'A new QR code is to be scanned.',
    QRTimeout: 'Nobody scanned the QR codes.',
    LabelEdit: 'A label was created, changed or deleted.',
    LabelAssociationChat: 'A label was added to a chat, or removed from it.',
    LabelAssociationMessage: 'A label was added to a message, or removed from it.',
    Contact: 'A contact was saved or changed.',
    PushName: 'A contact changed the name that others see.',
    GroupInfo: 'The details or participants of a group changed.',
    JoinedGroup: 'The account joined a group, or was added to it.',
    NewsletterJoin: 'The account joined a channel.',
    NewsletterLeave: 'The account left a channel.'
  },
  explicitOnly: [],
  // Their data has the id of a message or call, a time, or a code. Others, such as `Connected`, can have the same data twice.
  distinct: [
    'Message',
    'SendMessage',
    'Receipt',
    'Archive',
    'HistorySync',
    'CallOffer',
    'CallOfferNotice',
    'CallRelayLatency',
    'CallAccept',
    'CallTerminate',
    'QRCode',
    'LabelEdit',
    'LabelAssociationChat',
    'LabelAssociationMessage',
    'Contact',
    'PushName',
    'GroupInfo'
  ],
  example: {
    event: 'Message',
    instanceName: 'vendas-sp',
    instanceId: '7d3d6f0e-8f5c-4b0a-9a41-0f0f4b1f2a10',
    instanceToken: '9F2C1E7A-5B34-4D0E-8A61-3C7D2B90F1E4',
    data: {
      Info: {
        ID: '3EB0000000000000000A',
        Chat: '5511987654321@s.whatsapp.net',
        Sender: '5511987654321@s.whatsapp.net',
        IsFromMe: false,
        Timestamp: '2026-01-31T09:00:00-03:00'
      },
      Message: { conversation: 'Oi, tudo bem?' }
    }
  }
}
