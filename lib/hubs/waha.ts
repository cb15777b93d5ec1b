import type { Hub } from './hub.ts'

/**
 * Describes WAHA. A repeat has the same bytes and `id`, a ULID. By default a body that is not answered 2xx is repeated
 * 15 times, 2 seconds apart, or after `Retry-After` if that is longer. Each webhook of a session, the global one
 * included, gives an event a different id.
 * https://waha.devlike.pro/docs/how-to/events/ (headers, HMAC, retries, payload);
 * https://github.com/devlikeapro/waha, src/structures/enums.dto.ts and webhooks.dto.ts (names of events, members),
 * src/core/integrations/webhooks (sender)
 */
export const waha: Hub = {
  name: 'waha',
  title: 'WAHA',
  members: { instance: 'session', event: 'event', data: 'payload', id: 'id', time: 'timestamp', account: 'me' },
  signature: {
    header: 'x-webhook-hmac',
    algorithmHeader: 'x-webhook-hmac-algorithm',
    algorithm: 'sha512',
    setting: 'hmac.key of the webhook'
  },
  connection: {
    'session.status': {
      member: 'status',
      states: { STARTING: 'connecting', SCAN_QR_CODE: 'connecting', WORKING: 'open', FAILED: 'close', STOPPED: 'close' }
    }
  },
  events: {
    'session.status': 'The status of the session changed.',
    message: 'A message came in.',
    'message.any': 'A message came in or was sent, also by the API.',
    'message.reaction': 'A reaction was added or removed.',
    'message.ack': 'A message was delivered, read or played.',
    'message.ack.group': 'A participant received, read or played a message of a group.',
    'message.waiting': 'A message came that cannot be decrypted yet.',
    'message.edited': 'A message was edited.',
    'message.revoked': 'A message was revoked.',
    'state.change': 'The internal state of the engine changed. Deprecated by WAHA: use session.status.',
    'group.join': 'Somebody joined a group. Deprecated by WAHA: use group.v2.join.',
    'group.leave': 'Somebody left a group. Deprecated by WAHA: use group.v2.leave.',
    'group.v2.join': 'The account joined a group, or was added to it.',
    'group.v2.leave': 'The account left a group, or was removed from it.',
    'group.v2.update': 'The details of a group changed.',
    'group.v2.participants': 'Participants joined or left a group, or their roles changed.',
    'presence.update': 'Somebody is online, offline, typing or recording.',
    'poll.vote': 'A vote for a poll came in.',
    'poll.vote.failed': 'A vote for a poll came in that cannot be decrypted.',
    'chat.archive': 'A chat was archived or taken out of the archive.',
    'call.received': 'A call came in.',
    'call.accepted': 'A call was accepted.',
    'call.rejected': 'A call was rejected.',
    'label.upsert': 'A label was created or changed.',
    'label.deleted': 'A label was deleted.',
    'label.chat.added': 'A label was added to a chat.',
    'label.chat.deleted': 'A label was removed from a chat.',
    'event.response': 'Somebody answered an invitation to an event.',
    'event.response.failed': 'Somebody answered an invitation to an event, and the answer cannot be decrypted.',
    'engine.event': 'An event of the engine below WAHA, for debugging.'
  },
  // Those that `*` in WAHA's own list of events leaves out.
  explicitOnly: ['state.change', 'engine.event'],
  example: {
    id: 'evt_01kbb6y7q3v8r5m2n0c4d6f8ha',
    timestamp: 1_769_860_800_000,
    event: 'message',
    session: 'vendas-sp',
    me: { id: '5511912345678@c.us', pushName: 'Vendas' },
    payload: {
      id: 'false_5511987654321@c.us_3EB0000000000000000A',
      timestamp: 1_769_860_799,
      from: '5511987654321@c.us',
      fromMe: false,
      body: 'Oi, tudo bem?',
      hasMedia: false
    },
    engine: 'NOWEB',
    environment: { version: '2026.7.1', engine: 'NOWEB', tier: 'CORE' }
  }
}
