import type { Instance } from '../api/types.ts'
import { evolutionGoSnippet, evolutionSnippet, type WebhookTarget, wahaSnippet } from '../snippets/webhooks.ts'
import { eventsOf } from '../state/session.ts'
import { texts } from '../texts/current.ts'
import { SnippetChoice } from './snippet-choice.tsx'

const HUBS: readonly (readonly [hub: string, title: string, snippet: (target: WebhookTarget) => string])[] = [
  ['evolution', 'Evolution API', evolutionSnippet],
  ['evolution-go', 'Evolution GO', evolutionGoSnippet],
  ['waha', 'WAHA', wahaSnippet]
]

/** Commands that make the hub of an instance send its events here. */
export function HubWebhook({ instance }: { instance: Instance }) {
  const t = texts.value.hubWebhook
  const events = eventsOf(instance.name)
  const selected = new Set([...instance.sqs.events, ...instance.websocket.events])
  const ofEvolution = events.filter(({ hub, inAll }) => hub === 'evolution' && inAll).map(({ key }) => key)
  const chosen = ofEvolution.filter((key) => selected.has(key))
  const target = {
    page: location.href,
    instance: instance.name,
    events: chosen.length > 0 ? chosen : ofEvolution
  }
  const hubs = HUBS.filter(([hub]) => events.some((event) => event.hub === hub))
  if (hubs.length === 0) return null
  return (
    <details class="card connect">
      <summary>{t.title}</summary>
      <p class="help">{t.lead}</p>
      <SnippetChoice
        title={t.title}
        choice={t.hub}
        snippets={Object.fromEntries(hubs.map(([, title, snippet]) => [title, snippet(target)]))}
        help={t.help}
      />
    </details>
  )
}
