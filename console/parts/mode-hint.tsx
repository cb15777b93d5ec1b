import type { Transport } from '../api/types.ts'
import { session } from '../state/session.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'

/** The destinations of the selected events, including those of global mode. */
export function ModeHint({ transport, name }: { transport: Transport; name: string }) {
  const t = texts.value.transports
  const { sqs, websocket } = session.value?.server ?? {}
  if (transport === 'websocket') {
    return (
      <p class="help">
        {t.websocket.own(`/${encodeURIComponent(name)}`)} {websocket?.globalEvents && t.websocket.global}
      </p>
    )
  }
  const shared = sqs?.global
  return (
    <p class="help">
      {t.sqs.own} {sqs?.queueType === 'standard' && t.sqs.standard}{' '}
      {shared &&
        (shared.singleQueue
          ? t.sqs.single(shared.prefix, formats.value.count(shared.events.length))
          : t.sqs.global(shared.prefix, formats.value.count(shared.events.length)))}{' '}
      {shared && (shared.unlessOwn ? t.sqs.unlessOwn : t.sqs.twice)}
    </p>
  )
}
