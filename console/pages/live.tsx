import { useEffect, useMemo, useState } from 'preact/hooks'
import { ListeningHelp } from '../parts/listening-help.tsx'
import { EventBrowser } from '../parts/event-browser.tsx'
import { EventFilter } from '../parts/event-filter.tsx'
import { InstancePicker } from '../parts/instance-picker.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { LiveStream } from '../live-stream.ts'
import { href } from '../route.ts'
import { ownInstance, session } from '../state/session.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'

export function LivePage({ instance }: { instance: string | undefined }) {
  const t = texts.value
  const own = ownInstance.value
  const websocket = session.value?.server.websocket
  return (
    <>
      <PageHead title={t.pages.live} lead={t.live.lead}>
        {own === undefined && (
          <InstancePicker
            value={instance}
            withAll={websocket?.globalEvents ?? false}
            onPick={(name) => (location.hash = href('live', name))}
          />
        )}
      </PageHead>
      {websocket === null && <p class="empty">{t.transports.websocket.switchedOff}</p>}
      {websocket && instance === undefined && !websocket.globalEvents && <p class="empty">{t.live.globalOff}</p>}
      {websocket && (instance !== undefined || websocket.globalEvents) && (
        <Stream instance={instance} path={websocket.path} />
      )}
    </>
  )
}

function Stream({ instance, path }: { instance: string | undefined; path: string }) {
  const t = texts.value
  const f = formats.value
  const key = session.value?.key ?? ''
  const [names, setNames] = useState<string[]>([])
  const stream = useMemo(() => new LiveStream({ key, path, instance }), [key, path, instance])
  useEffect(() => {
    stream.open(names)
    return () => stream.close()
  }, [stream, names.join()])

  const paused = stream.paused.value
  const events = stream.events.value
  const shown = names.length === 0 ? events : events.filter(({ event }) => names.includes(event))
  const lostAt = stream.lostAt.value
  const isLive = stream.state.value === 'live'
  const shownState = isLive && paused ? 'paused' : stream.state.value
  const replay = stream.replay.value
  const error = stream.error.value
  return (
    <>
      <div class="row stream-bar">
        <p class={`state ${shownState === 'live' ? 'good' : 'waiting'}`} role="status">
          {t.live.states[shownState]}
          {lostAt !== undefined && <span class="muted">{t.live.lostAt(f.clock(lostAt))}</span>}
        </p>
        {isLive && <p class="figure-small">{t.live.rate(f.count(stream.rate.value))}</p>}
        <span class="grow" />
        <button type="button" aria-pressed={paused} onClick={() => (paused ? stream.resume() : stream.pause())}>
          {paused ? t.live.resume(f.count(stream.missed.value)) : t.live.pause}
        </button>
        <button type="button" onClick={() => stream.clear()}>
          {t.live.clear}
        </button>
      </div>
      <EventFilter instance={instance} names={names} onChange={setNames} />
      {error && <ListeningHelp error={error} instance={instance} onFixed={() => stream.reopen()} />}
      {replay && (
        <p class={replay.complete ? 'notice' : 'problem'} role="status">
          {replay.complete ? t.live.replayed(f.count(replay.count)) : t.live.incomplete}
        </p>
      )}
      {shown.length === 0 && !error && isLive && (
        <p class="empty">
          {t.live.empty} <a href={href('send', instance)}>{t.pages.send}</a>
        </p>
      )}
      {shown.length === 0 && lostAt !== undefined && <p class="empty">{t.live.lost}</p>}
      {shown.length > 0 && (
        <EventBrowser
          events={shown}
          label={t.live.list}
          onHold={(held) => (held ? stream.hold() : stream.release())}
          bar={<HeldBar stream={stream} shown={shown.length} />}
        />
      )}
    </>
  )
}

/** Above the list, always of the same height: what appears there must not move the rows. */
function HeldBar({ stream, shown }: { stream: LiveStream; shown: number }) {
  const t = texts.value.live
  const f = formats.value
  const isHeld = stream.held.value && !stream.paused.value
  const missed = f.count(stream.missed.value)
  return (
    <>
      <span class="muted grow">{isHeld ? t.held : t.shown(f.count(shown))}</span>
      {isHeld && stream.missed.value > 0 && (
        <button type="button" class="primary" onClick={() => stream.showNew()}>
          {t.showNew(missed)} <span aria-hidden="true">↑</span>
        </button>
      )}
    </>
  )
}
