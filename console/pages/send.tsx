import { useId, useState } from 'preact/hooks'
import type { ApiError } from '../api/call.ts'
import { getInstance, sendEvent } from '../api/requests.ts'
import type { Emitted } from '../api/types.ts'
import { jsonFault } from '../json-fault.ts'
import { jsonFaultText } from '../json-fault-text.ts'
import { EventOutcomeView } from '../parts/event-outcome.tsx'
import { InstancePicker } from '../parts/instance-picker.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { Problem } from '../parts/problem.tsx'
import { href } from '../route.ts'
import { ownInstance, session } from '../state/session.ts'
import { useReturn } from '../state/use-return.ts'
import { toApiError, useLoaded } from '../state/use-loaded.ts'
import { templateOf } from '../templates.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'

/** The event that is preselected. */
const FIRST = 'messages.upsert'

export function SendPage({ instance }: { instance: string | undefined }) {
  const t = texts.value
  const id = useId()
  const events = session.value?.server.events ?? []
  const [target, setTarget] = useState(instance)
  const [event, setEvent] = useState(() => (events.find(({ name }) => name === FIRST) ?? events[0])?.name ?? '')
  const [text, setText] = useState(() => templateOf(event))
  const [sent, setSent] = useState<(Emitted & { instance: string }) | undefined>()
  const [error, setError] = useState<ApiError | undefined>()
  const [busy, setBusy] = useState(false)
  const registered = useLoaded(target ?? '', async (signal) => target !== undefined && getInstance(target, signal))
  useReturn(registered.reload)
  const unknown = registered.error?.code === 'IEV_INSTANCE_NOT_FOUND'
  const fault = jsonFault(text)

  function pick(name: string): void {
    setEvent(name)
    setText(templateOf(name))
  }

  async function submit(submitted: SubmitEvent): Promise<void> {
    submitted.preventDefault()
    if (target === undefined || fault !== undefined || busy) return
    setBusy(true)
    setSent(undefined)
    setError(undefined)
    try {
      setSent({ ...(await sendEvent(target, { event, data: JSON.parse(text) })), instance: target })
      // Sending registers an unknown instance.
      registered.reload()
    } catch (error) {
      setError(toApiError(error))
    }
    setBusy(false)
  }

  return (
    <>
      <PageHead title={t.pages.send} lead={t.send.lead} />
      <form class="card send" onSubmit={(submitted) => void submit(submitted)}>
        <div class="pair">
          {ownInstance.value === undefined && <InstancePicker value={instance} onPick={setTarget} />}
          <label class="field">
            <span>{t.send.event}</span>
            <select value={event} onChange={(changed) => pick(changed.currentTarget.value)}>
              {events.map(({ name }) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        </div>
        <label class="field">
          <span>{t.send.data}</span>
          <textarea
            class="mono"
            rows={16}
            spellcheck={false}
            value={text}
            aria-invalid={fault !== undefined}
            aria-describedby={id}
            onInput={(changed) => setText(changed.currentTarget.value)}
          />
        </label>
        <p id={id} class={fault === undefined ? 'help' : 'help warn'}>
          {fault === undefined ? t.send.dataHelp : jsonFaultText(fault)}
        </p>
        <Problem error={error} />
        <div class="row">
          <button
            type="submit"
            class="primary"
            disabled={target === undefined || fault !== undefined}
            aria-disabled={busy}
          >
            {t.send.submit}
          </button>
          <button type="button" onClick={() => setText(templateOf(event))}>
            {t.send.reset}
          </button>
        </div>
        <div role="status">
          {target === undefined && <p class="help">{t.send.pickFirst}</p>}
          {target !== undefined && unknown && <p class="problem">{t.send.unknown(target)}</p>}
          {sent && (
            <div class="notice">
              {sent.offset === 0 ? t.send.notLogged(sent.id) : t.send.done(sent.id, formats.value.count(sent.offset))}{' '}
              {sent.offset > 0 && <a href={href('history', sent.instance, String(sent.offset))}>{t.log.show}</a>}
              {sent.offset > 0 && <EventOutcomeView instance={sent.instance} offset={sent.offset} />}
            </div>
          )}
        </div>
      </form>
    </>
  )
}
