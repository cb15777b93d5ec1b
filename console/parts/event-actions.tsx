import { useState } from 'preact/hooks'
import type { Message } from '../api/types.ts'
import { curlOf } from '../event-submission.ts'
import { href } from '../route.ts'
import { session } from '../state/session.ts'
import { texts } from '../texts/current.ts'
import { CopyButton } from './copy-button.tsx'
import { exactly, ResendEvent } from './resend-event.tsx'

/** What can be done with an event. */
export function EventActions({ event }: { event: Message }) {
  const t = texts.value
  const [resending, setResending] = useState(false)
  // Events of the operator instance cannot be submitted, and an erased event has no data.
  const canSubmit = session.value?.server.operator?.instance !== event.instance && event.erased !== true
  return (
    <div class="row event-actions">
      <CopyButton text={() => linkOf(event)} label={t.log.copyLink} />
      {canSubmit && (
        <>
          <CopyButton text={async () => curlOf(await exactly(event), location.href)} label={t.log.copyCurl} />
          <button type="button" class="copy" onClick={() => setResending(true)}>
            {t.log.resend}…
          </button>
        </>
      )}
      {resending && <ResendEvent event={event} onClose={() => setResending(false)} />}
    </div>
  )
}

/** The URL of an event on the page of the history. An id that looks like an offset is not in it. */
function linkOf({ instance, id, offset }: Message): string {
  return new URL(href('history', instance, /^[0-9]+$/.test(id) ? String(offset) : id), location.href).href
}
