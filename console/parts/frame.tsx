import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { href, type Page, type Route } from '../route.ts'
import { pollError, status } from '../state/overview.ts'
import { ownInstance, session, signOut } from '../state/session.ts'
import { route } from '../state/route.ts'
import { formats } from '../texts/formats.ts'
import { texts } from '../texts/current.ts'
import { Brand } from './brand.tsx'
import { Destination } from './destination.tsx'
import { Preferences } from './preferences.tsx'

const OF_GLOBAL: Page[] = ['overview', 'instances', 'live', 'history', 'send', 'dead-letters']
const OF_INSTANCE: Page[] = ['instances', 'live', 'history', 'send']

/** The frame of every page: navigation and session. */
export function Frame({ page, children }: { page: Page; children: ComponentChildren }) {
  const t = texts.value
  const own = ownInstance.value
  const main = useRef<HTMLElement>(null)
  const shown = useRef(route.value)
  const [menuOpen, setMenuOpen] = useState(false)
  useEffect(() => {
    document.title = `${t.pages[page]} · ${t.product}`
  }, [page, t])
  useLayoutEffect(() => {
    // After navigation by keyboard, the focus moves to the new page; after loading, it stays at the top.
    if (isElsewhere(shown.current, route.value)) main.current?.focus({ preventScroll: true })
    if (shown.current.page !== route.value.page) scrollTo(0, 0)
    shown.current = route.value
    setMenuOpen(false)
  }, [route.value])

  return (
    <div class="frame">
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault()
          main.current?.focus()
        }}
      >
        {t.skipToContent}
      </a>
      <header
        class={menuOpen ? 'side menu-open' : 'side'}
        onKeyDown={(event) => event.key === 'Escape' && setMenuOpen(false)}
      >
        <Brand />
        <button
          type="button"
          class="menu-button"
          aria-expanded={menuOpen}
          aria-controls="menu"
          onClick={() => setMenuOpen(!menuOpen)}
        >
          {t.menu} <DeadLetterCount />
        </button>
        <div id="menu" class="menu">
          <Destination />
          <nav aria-label={t.navigation}>
            <ul class="nav">
              {(own === undefined ? OF_GLOBAL : OF_INSTANCE).map((target) => (
                <li key={target}>
                  <a href={href(target, own)} aria-current={target === page ? 'page' : undefined}>
                    <span>{own !== undefined && target === 'instances' ? t.ownInstance : t.pages[target]}</span>
                    {target === 'dead-letters' && <DeadLetterCount />}
                  </a>
                </li>
              ))}
            </ul>
          </nav>
          <div class="side-end">
            <p class="who">
              {own === undefined ? t.signedInGlobal : t.signedInAs(own)}
              <span class="muted"> · {session.value?.server.version}</span>
            </p>
            <Preferences />
            <button type="button" class="quiet" onClick={signOut}>
              {t.signOut}
            </button>
          </div>
        </div>
      </header>
      <main id="main" tabIndex={-1} ref={main}>
        {children}
      </main>
    </div>
  )
}

/** True unless two URLs differ in their filters at most. */
function isElsewhere(before: Route, now: Route): boolean {
  return (['page', 'instance', 'event'] as const).some((part) => before[part] !== now[part])
}

/** The number of dead letters; it recedes while the server does not answer. */
function DeadLetterCount() {
  const count = status.value?.overview.deadLetters ?? 0
  return count === 0 ? null : (
    <span class={pollError.value ? 'badge' : 'badge danger'}>{formats.value.count(count)}</span>
  )
}
