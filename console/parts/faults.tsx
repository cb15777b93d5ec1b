import type { ApiError } from '../api/call.ts'
import type { Fault } from '../api/types.ts'
import { pollError, status } from '../state/overview.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'
import { ServerText } from './server-text.tsx'

/** The current faults with their reasons, announced by screen readers; empty without faults. */
export function Faults() {
  const faults = status.value?.overview.faults ?? []
  const error = pollError.value
  return (
    <div role="alert" class="faults">
      {error && <Unanswered error={error} />}
      {!error &&
        faults.map((fault) => <FaultLine key={`${fault.component} ${fault.code} ${fault.queue}`} fault={fault} />)}
    </div>
  )
}

function Unanswered({ error }: { error: ApiError }) {
  const t = texts.value
  return (
    <div class="fault">
      <strong>{error.status === 0 ? t.faults.unreachable : t.faults.failing}</strong> <code>{error.code}</code>{' '}
      <ServerText code={error.code} message={error.message} params={error.params} />{' '}
      <span class="hint">{t.faults.unreachableHint}</span>
    </div>
  )
}

function FaultLine({ fault }: { fault: Fault }) {
  const t = texts.value
  const f = formats.value
  const { component, code, queue, queues = 1, since } = fault
  const known = t.faults.components[component as keyof typeof t.faults.components]
  const facts = [
    queue !== undefined && t.faults.queue(queue),
    queues > 1 && t.faults.moreQueues(f.count(queues - 1)),
    since !== undefined && t.faults.since(f.dateTime(since))
  ].filter((fact) => fact !== false)
  return (
    <div class="fault">
      <strong>{known?.title ?? component}</strong> <code>{code}</code> <ServerText {...fault} />{' '}
      {facts.length > 0 && <span class="facts">{facts.join(' · ')}</span>}{' '}
      {known && <span class="hint">{known.hint}</span>}
    </div>
  )
}
