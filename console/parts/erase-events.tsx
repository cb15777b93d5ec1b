import { useId, useRef, useState } from 'preact/hooks'
import { erasureSteps } from '../../lib/erasure/steps.ts'
import { eraseEvents } from '../api/requests.ts'
import type { Erasure } from '../api/types.ts'
import { type Steps, useSteps } from '../state/use-steps.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'
import { Dialog } from './dialog.tsx'
import { NameField } from './name-field.tsx'
import { Problem } from './problem.tsx'

/** A dialog that erases events of an instance by a JID or by ids, with progress. Closing it ends the work. */
export function EraseEvents({ name, onClose }: { name: string; onClose: () => void }) {
  const t = texts.value
  const [by, setBy] = useState<'jid' | 'ids'>('jid')
  const [entered, setEntered] = useState('')
  const [typed, setTyped] = useState('')
  const { state, done, error, run, stop } = useSteps<Erasure>()
  /** The JID of the last work. */
  const last = useRef<string>(undefined)

  const ids = entered
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
  const canStart = typed === name && ids.length > 0 && state !== 'working'

  function start(event: SubmitEvent): void {
    event.preventDefault()
    if (!canStart) return
    const jid = by === 'jid' ? entered.trim() : undefined
    const before = state === 'stopped' && jid !== undefined && jid === last.current ? done : undefined
    last.current = jid
    const request = jid === undefined ? { ids } : { jid }
    run((signal) => erasureSteps(request, (body) => eraseEvents(name, body, signal), before), before)
  }

  return (
    <Dialog title={t.erasure.title(name)} onClose={onClose}>
      <form onSubmit={start}>
        <p>{t.erasure.warning}</p>
        <label class="field">
          <span>{t.erasure.by}</span>
          <select value={by} onChange={(event) => setBy(event.currentTarget.value === 'ids' ? 'ids' : 'jid')}>
            <option value="jid">{t.erasure.byJid}</option>
            <option value="ids">{t.erasure.byIds}</option>
          </select>
        </label>
        <label class="field">
          <span>{t.erasure[by]}</span>
          {by === 'jid' ? (
            <input
              value={entered}
              placeholder="5511999999999@s.whatsapp.net"
              autocomplete="off"
              spellcheck={false}
              onInput={(event) => setEntered(event.currentTarget.value)}
            />
          ) : (
            <textarea
              rows={4}
              value={entered}
              spellcheck={false}
              onInput={(event) => setEntered(event.currentTarget.value)}
            />
          )}
        </label>
        <NameField name={name} typed={typed} onTyped={setTyped} />
        {state !== 'idle' && <Progress state={state} done={done} />}
        <Problem error={error} />
        <div class="row end">
          <button type="button" onClick={state === 'working' ? stop : onClose}>
            {state === 'working' ? t.erasure.stop : t.close}
          </button>
          <button type="submit" class="danger" disabled={!canStart}>
            {t.erasure.start}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

function Progress({ state, done }: Pick<Steps<Erasure>, 'state' | 'done'>) {
  const t = texts.value
  const f = formats.value
  const id = useId()
  return (
    <>
      <p id={id} role="status">
        {done ? t.erasure.progress(f.count(done.examined), f.count(done.erased)) : t.loading}
        {state === 'finished' && ` ${t.erasure.finished}`}
        {state === 'stopped' && ` ${t.erasure.stopped}`}
      </p>
      <progress aria-labelledby={id} {...(done && { max: Math.max(done.upTo, 1), value: done.after })} />
      {done && (
        <ul>
          {outcomes(done).map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
    </>
  )
}

/** What a person should know of the erased events. */
function outcomes({ delivered, pending, deadLetters, objects, objectsFailed, missing = [] }: Erasure): string[] {
  const t = texts.value.erasure
  const { count } = formats.value
  return [
    ...(delivered > 0 ? [t.delivered(count(delivered))] : []),
    ...(pending > 0 ? [t.pending(count(pending))] : []),
    ...(deadLetters > 0 ? [t.deadLetters(count(deadLetters))] : []),
    ...(objects > 0 ? [t.objects(count(objects))] : []),
    ...objectsFailed.map(({ key, reason, id }) => t.objectFailed(key, reason, id)),
    ...(missing.length > 0 ? [t.missing(missing.join(', '))] : [])
  ]
}
