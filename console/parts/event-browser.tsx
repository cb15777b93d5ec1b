import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { eventKey } from '../../lib/events/event-key.ts'
import type { Message } from '../api/types.ts'
import { eventFamily } from '../event-family.ts'
import { href } from '../route.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'
import { EventActions } from './event-actions.tsx'
import { EventList } from './event-list.tsx'
import { JsonView } from './json-view.tsx'

/** A touch screen does not tell when the user is about to tap a row. */
const withoutHover = matchMedia('(hover: none)').matches
/** Rows that fill a small screen. */
const SCREENFUL = 12

export interface EventBrowserProps {
  events: readonly Message[]
  label: string
  /** Called with true when the user begins to read the list or an event, and with false at the end. */
  onHold?: (held: boolean) => void
  /** What is above the list. A button in it shows newer events. */
  bar?: ComponentChildren
  /** The event that is open at first. */
  initial?: Message | undefined
}

/** A list of events, and the content of the selected one. */
export function EventBrowser({ events, label, onHold, bar, initial }: EventBrowserProps) {
  const t = texts.value
  const browser = useRef<HTMLDivElement>(null)
  const inspector = useRef<HTMLElement>(null)
  const [selected, setSelected] = useState(initial)
  /** Counts the times that the user has opened an event. */
  const [opened, setOpened] = useState(0)
  const [hovered, setHovered] = useState(false)
  const [focused, setFocused] = useState(false)
  const held = hovered || focused || selected !== undefined || (withoutHover && events.length >= SCREENFUL)
  useEffect(() => onHold?.(held), [held])
  // With the rendering, not after it: the user may close the event before then, and the focus would be lost.
  useLayoutEffect(() => {
    if (opened > 0) inspector.current?.focus({ preventScroll: true })
  }, [opened])
  // The next browser begins anew.
  useEffect(() => () => onHold?.(false), [])

  const list = () => browser.current?.querySelector<HTMLElement>('[role=listbox]')

  function close(): void {
    setSelected(undefined)
    list()?.focus({ preventScroll: true })
  }

  return (
    <div
      class={selected ? 'browser open' : 'browser'}
      ref={browser}
      onKeyDown={({ key, target }) => {
        // In a dialog it closes the dialog.
        const inDialog = target instanceof Element && target.closest('dialog') !== null
        if (key === 'Escape' && selected && !inDialog) close()
      }}
    >
      <div
        class="browser-list"
        onPointerEnter={() => {
          // At once: the next event may come before this is rendered.
          onHold?.(true)
          setHovered(true)
        }}
        onPointerLeave={() => setHovered(false)}
        // A click gives the focus as well, which is no reason to hold the list after the pointer has left.
        onFocusIn={(event) => setFocused(event.target instanceof Element && event.target.matches(':focus-visible'))}
        onFocusOut={() => setFocused(false)}
      >
        {bar !== undefined && (
          <div
            class="browser-bar row"
            onClick={(event) => {
              if (!(event.target instanceof Element) || !event.target.closest('button')) return
              list()?.scrollTo(0, 0)
              // The button is gone when all is shown.
              list()?.focus({ preventScroll: true })
            }}
          >
            {bar}
            {!selected && <span class="muted hint">{t.inspectHint}</span>}
          </div>
        )}
        <EventList
          events={events}
          label={label}
          selected={selected}
          onSelect={setSelected}
          onOpen={(event) => {
            setSelected(event)
            setOpened(opened + 1)
          }}
        />
      </div>
      {selected && (
        <section class="inspector" aria-label={t.inspector} tabIndex={-1} ref={inspector}>
          <Inspected event={selected} onClose={close} />
        </section>
      )}
    </div>
  )
}

function Inspected({ event, onClose }: { event: Message; onClose: () => void }) {
  const t = texts.value
  return (
    <>
      <div class="row spread nowrap">
        <h2 class="grow">{event.event}</h2>
        <button type="button" class="quiet" aria-label={t.closeEvent} title={t.closeEvent} onClick={onClose}>
          <span aria-hidden="true">✕</span>
        </button>
      </div>
      <dl class="facts-list">
        <dt>{t.family}</dt>
        <dd>{t.families[eventFamily(eventKey(event.event))]}</dd>
        <dt>{t.instance}</dt>
        <dd>
          <a href={href('instances', event.instance)}>{event.instance}</a>
        </dd>
        <dt>{t.when}</dt>
        <dd>
          {formats.value.dateTime(event.date_time)} {formats.value.zone()}
        </dd>
        <dt>{t.offset}</dt>
        <dd>{formats.value.count(event.offset)}</dd>
        <dt>{t.eventId}</dt>
        <dd class="mono">{event.id}</dd>
      </dl>
      <EventActions key={event.offset} event={event} />
      <JsonView value={event} label={t.wholeMessage} />
    </>
  )
}
