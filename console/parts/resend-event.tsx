import { useState } from 'preact/hooks'
import type { ApiError } from '../api/call.ts'
import { readEvent } from '../api/log.ts'
import { sendEvent } from '../api/requests.ts'
import type { Emitted, Message } from '../api/types.ts'
import { submissionOf } from '../event-submission.ts'
import { href } from '../route.ts'
import { toApiError } from '../state/use-loaded.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'
import { Dialog } from './dialog.tsx'
import { EventOutcomeView } from './event-outcome.tsx'
import { Problem } from './problem.tsx'

/** A dialog that submits an event again, as a new one. */
export function ResendEvent({ event, onClose }: { event: Message; onClose: () => void }) {
  const t = texts.value
  const [sent, setSent] = useState<Emitted | undefined>()
  const [error, setError] = useState<ApiError | undefined>()
  const [busy, setBusy] = useState(false)

  async function submit(submitted: SubmitEvent): Promise<void> {
    submitted.preventDefault()
    if (busy || sent) return
    setBusy(true)
    setError(undefined)
    try {
      setSent(await sendEvent(event.instance, submissionOf(await exactly(event))))
    } catch (error) {
      setError(toApiError(error))
    }
    setBusy(false)
  }

  return (
    <Dialog title={t.log.resendTitle(event.event)} onClose={onClose}>
      <form onSubmit={(submitted) => void submit(submitted)}>
        <p>{t.log.resendWarning(event.instance)}</p>
        <div role="status">
          {sent && (
            <div class="notice">
              {t.log.resent(sent.id, formats.value.count(sent.offset))}{' '}
              <a href={href('history', event.instance, sent.id)} onClick={onClose}>
                {t.log.show}
              </a>
              {sent.offset > 0 && <EventOutcomeView instance={event.instance} offset={sent.offset} />}
            </div>
          )}
        </div>
        <Problem error={error} />
        <div class="row end">
          <button type="button" onClick={onClose}>
            {sent ? t.close : t.cancel}
          </button>
          {!sent && (
            <button type="submit" class="primary" aria-disabled={busy}>
              {t.log.resend}
            </button>
          )}
        </div>
      </form>
    </Dialog>
  )
}

/** An event with all digits of its numbers, as long as the log has it. */
export async function exactly(event: Message): Promise<Message> {
  const { instance, offset, id } = event
  const read = await readEvent({ instance, offset, exact: true })
  // Another log may have another event there.
  return read?.id === id ? read : event
}
