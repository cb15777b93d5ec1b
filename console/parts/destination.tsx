import { session } from '../state/session.ts'
import { texts } from '../texts/current.ts'

/** The server that a page is about: its environment, where it sends events, and its database. */
export function Destination() {
  const t = texts.value.destination
  const server = session.value?.server
  if (!server) return null
  const { environment, sqs, store } = server
  return (
    <ul class="destination" aria-label={t.title}>
      {environment !== null && (
        <li class="chip environment">
          <span class="hidden">{t.environment}: </span>
          {environment}
        </li>
      )}
      {sqs?.emulated ? (
        <li class="chip emulated" title={`${t.emulatedHelp} ${sqs.endpoint}`}>
          SQS {t.emulated}
        </li>
      ) : (
        <li class="chip">SQS {sqs ? (sqs.region ?? sqs.endpoint) : t.off}</li>
      )}
      <li class="chip">{t.stores[store] ?? store}</li>
    </ul>
  )
}
