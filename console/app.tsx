import { useEffect } from 'preact/hooks'
import { Faults } from './parts/faults.tsx'
import { Frame } from './parts/frame.tsx'
import { DeadLettersPage } from './pages/dead-letters.tsx'
import { HistoryPage } from './pages/history.tsx'
import { InstancePage } from './pages/instance.tsx'
import { InstancesPage } from './pages/instances.tsx'
import { LivePage } from './pages/live.tsx'
import { OverviewPage } from './pages/overview.tsx'
import { SendPage } from './pages/send.tsx'
import { SignInPage } from './pages/sign-in.tsx'
import type { Page, Route } from './route.ts'
import { pollOverview } from './state/overview.ts'
import { route } from './state/route.ts'
import { ownInstance, restoring, session } from './state/session.ts'
import { texts } from './texts/current.ts'

export function App() {
  const t = texts.value
  if (restoring.value)
    return (
      <main class="centred" aria-busy="true">
        <p class="muted">{t.loading}</p>
      </main>
    )
  return session.value ? <SignedIn key={session.value.key} /> : <SignInPage />
}

function SignedIn() {
  const own = ownInstance.value
  useEffect(() => (own === undefined ? pollOverview() : undefined), [own])
  const { page, instance, event, queue, reason } = route.value
  // With a token, the page shows its instance, regardless of the URL.
  const shown = pageOf(page, own)
  const of = own ?? instance
  return (
    <Frame page={shown}>
      <Faults />
      <Content key={`${shown} ${of} ${event}`} page={shown} instance={of} event={event} queue={queue} reason={reason} />
    </Frame>
  )
}

/** The requested page if the key authorizes it, else the first page that it authorizes. */
export function pageOf(page: Page | undefined, own: string | undefined): Page {
  if (own === undefined) return page ?? 'overview'
  return page === undefined || page === 'overview' || page === 'dead-letters' ? 'instances' : page
}

function Content({ page, instance, event, queue, reason }: Route & { page: Page }) {
  switch (page) {
    case 'overview':
      return <OverviewPage />
    case 'instances':
      return instance === undefined ? <InstancesPage /> : <InstancePage name={instance} />
    case 'live':
      return <LivePage instance={instance} />
    case 'history':
      return <HistoryPage instance={instance} linked={instance === undefined ? undefined : event} />
    case 'send':
      return <SendPage instance={instance} />
    case 'dead-letters':
      return <DeadLettersPage filter={{ instance, queue, reason }} />
  }
}
