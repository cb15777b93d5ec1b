// Checked by tsc only: the types of filters in the code of consumers.
import type { EventFilter, FilterCondition, FilterPolicy, SqsEmitter, WebsocketEmitter } from '../../app.ts'
import { connectInstance } from '../../lib/client/connect-instance.ts'
import type { SelectionBody, SelectionReply } from '../../lib/schemas/selections.ts'

const policy: FilterPolicy = {
  key: { fromMe: [false], remoteJid: [{ suffix: '@s.whatsapp.net' }, { 'anything-but': { prefix: ['1', '2'] } }] },
  messageTimestamp: [{ numeric: ['>=', 1, '<', 10] }, null, 7],
  pushName: [{ exists: true }, { 'equals-ignore-case': 'maria' }],
  $or: [{ status: ['a'] }, { type: [{ 'anything-but': ['b', 1] }] }]
}
const byEvent: EventFilter = { MESSAGES_UPSERT: policy, CALL: { from: ['5511'] } }
const fixed = { key: { fromMe: [false] } } as const

export async function selections(sqs: SqsEmitter, websocket: WebsocketEmitter): Promise<void> {
  await sqs.set('sales', { enabled: true, filter: byEvent })
  await websocket.set('sales', { enabled: true, filter: null })
  await websocket.set('sales', { enabled: true, filter: fixed })
  // @ts-expect-error a value outside of a list
  await sqs.set('sales', { enabled: true, filter: { key: { fromMe: false } } })
  // @ts-expect-error there is no such operator
  await sqs.set('sales', { enabled: true, filter: { key: [{ contains: 'a' }] } })
  // @ts-expect-error a list is no filter
  await websocket.set('sales', { enabled: true, filter: ['a'] })
}

export function connected(): void {
  connectInstance('ws://localhost', { apikey: 'k', onEvent: () => {}, filter: byEvent }).close()
  const wrong = { n: [{ numeric: ['>=', '1'] }] } as const
  // @ts-expect-error a comparison needs a number
  connectInstance('ws://localhost', { apikey: 'k', onEvent: () => {}, filter: wrong })
}

export function inReplies({ filter }: SelectionReply, body: SelectionBody): EventFilter | null | undefined {
  return filter ?? body.filter
}

// @ts-expect-error a condition has one operator
export const unknownOperator: FilterCondition = { glob: '*' }
// @ts-expect-error true or false
export const wrongOperand: FilterCondition = { exists: 'yes' }
