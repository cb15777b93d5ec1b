import type { ComponentChildren } from 'preact'
import type { Fault } from '../api/types.ts'
import { healthOf, type Health } from '../health.ts'
import { href } from '../route.ts'
import { pollError, status } from '../state/overview.ts'
import { session } from '../state/session.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'
import { DeadLetterReasons } from './dead-letter-reasons.tsx'

/** One sentence that says whether events are flowing, and what to do if not. */
export function HealthCard() {
  const t = texts.value.health
  const current = status.value
  const error = pollError.value
  if (!current) return error ? null : <p class="muted">{texts.value.loading}</p>
  const health = healthOf(current.overview, error)
  return (
    <section class={`health ${health.level}`} aria-label={t.title}>
      <p class="health-line">
        <span class="health-mark" role="img" aria-label={t.levels[health.level]}>
          {health.level === 'good' ? '✓' : '!'}
        </span>
        <span>{error ? t.lost(formats.value.clock(current.at)) : sentence(health, current.rates?.accepted)}</span>
      </p>
      {!error && <Remedies health={health} now={Date.parse(current.overview.time)} />}
    </section>
  )
}

function sentence(health: Health, rate: number | undefined): string {
  const t = texts.value.health
  const f = formats.value
  const { lastEventSeconds, logFault, sqsFault, stuck, deadLetters, rejected, silent, silentNames } = health
  const parts = [
    logFault ? t.refusing(logFault.code) : flow(lastEventSeconds, rate),
    sqsFault
      ? failing(sqsFault)
      : stuck
        ? t.stuck(stuck.queue, f.duration(stuck.seconds))
        : session.value?.server.sqs
          ? t.healthy(sqsName())
          : t.sqsOff,
    deadLetters > 0 && t.deadLetters(f.count(deadLetters)),
    rejected > 0 && t.rejected(f.count(rejected)),
    silent > 0 && t.silent(named(silentNames, silent))
  ]
  const text = parts.filter((part) => part !== false).join('; ')
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`
}

/** How many events come in, as far as that is known, and how long ago the last one came. */
function flow(lastEventSeconds: number | undefined, rate: number | undefined): string {
  const t = texts.value.health
  const f = formats.value
  const age = lastEventSeconds === undefined ? undefined : f.age(lastEventSeconds)
  if (rate === undefined) return age === undefined ? t.noEvent : t.lastAlone(age)
  return `${t.rate(f.rate(rate))}, ${age === undefined ? t.noEvent : t.last(age)}`
}

/** What does not accept events: queues, or SQS as a whole. */
function failing({ code, queue, queues = 1 }: Fault): string {
  const t = texts.value.health
  if (queue === undefined) return t.failing(sqsName(), code)
  return queues > 1 ? t.failingQueues(queue, formats.value.count(queues - 1), code) : t.failingQueue(queue, code)
}

/** The first names, and how many more there are. */
function named(names: readonly string[], count: number): string {
  const more = count - names.length
  const shown = names.join(', ')
  return more > 0 ? texts.value.health.andMore(shown, formats.value.count(more)) : shown
}

/** The region of SQS, or the host of its emulator. */
function sqsName(): string {
  const { region = null, endpoint = null } = session.value?.server.sqs ?? {}
  return ['SQS', endpoint ?? region].filter((part) => part !== null).join(' ')
}

/** What to do, and where to see more. */
function Remedies({ health, now }: { health: Health; now: number }) {
  const { sqsFault, stuck, deadLetters, rejected, silent } = health
  const t = texts.value
  const { remedies } = t.health
  if (!stuck && !sqsFault?.queue && deadLetters + rejected + silent === 0) return null
  return (
    <ul class="remedies">
      {sqsFault?.queue !== undefined && (
        <li>
          {remedies.failing} <ToSection id="queues">{remedies.toQueues}</ToSection>
        </li>
      )}
      {stuck && (
        <li>
          {remedies.stuck(stuck.queue)} <ToSection id="queues">{remedies.toQueues}</ToSection>
        </li>
      )}
      {deadLetters > 0 && (
        <li>
          {remedies.deadLetters} <a href={href('dead-letters')}>{t.overview.lookAtThem}</a>
          <DeadLetterReasons count={deadLetters} now={now} />
        </li>
      )}
      {rejected > 0 && (
        <li>
          {remedies.rejected} <ToSection id="rejections">{remedies.toRejections}</ToSection>
        </li>
      )}
      {silent > 0 && (
        <li>
          {remedies.silent} <ToSection id="instances">{remedies.toSilent}</ToSection>
        </li>
      )}
    </ul>
  )
}

/** A button that leads to a part of this page: the fragment of the URL names the page. */
function ToSection({ id, children }: { id: string; children: ComponentChildren }) {
  return (
    <button type="button" class="link" onClick={() => document.getElementById(id)?.focus()}>
      {children}
    </button>
  )
}
