import { useId, useState } from 'preact/hooks'
import type { Instance } from '../api/types.ts'
import { type Destination, destinationsOf, receives } from '../event-flow.ts'
import { eventsOf, session } from '../state/session.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'

/** A drawing of where the events of an instance go, as its selections are stored; one event can be followed. */
export function EventFlow({ instance }: { instance: Instance }) {
  const t = texts.value.flow
  const title = useId()
  const [followed, setFollowed] = useState('')
  const server = session.value?.server
  if (!server) return null
  const events = eventsOf(instance.name)
  const own = new Set(instance.sqs.enabled ? instance.sqs.events : [])
  return (
    <section class="card flow" aria-labelledby={title}>
      <div class="row">
        <h2 id={title} class="grow">
          {t.title}
        </h2>
        <label class="field row">
          <span>{t.follow}</span>
          <select value={followed} onChange={(event) => setFollowed(event.currentTarget.value)}>
            <option value="">{texts.value.allEvents}</option>
            {events.map(({ key, name }) => (
              <option key={key} value={key}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </div>
      <div class="flow-drawing">
        <p class="flow-source">{instance.name}</p>
        <ul>
          {destinationsOf(instance, server).map((destination) => {
            const reached = followed === '' || receives(destination, followed, own)
            return (
              <li key={destination.kind} class={reached ? 'flow-way' : 'flow-way unreached'}>
                <Box destination={destination} followed={followed} reached={reached} />
              </li>
            )
          })}
        </ul>
      </div>
    </section>
  )
}

interface BoxProps {
  destination: Destination
  /** Key of the event that is followed; empty: none. */
  followed: string
  reached: boolean
}

function Box({ destination: { kind, name, events, isFiltered, isReduced, isUnlessOwn }, followed, reached }: BoxProps) {
  const t = texts.value.flow
  const shown = followed === '' ? name : name.replace('<event>', followed.toLowerCase())
  const marks = [
    followed !== '' && !reached && t.notHere,
    events && followed === '' && t.events(formats.value.count(events.length)),
    isFiltered && t.filtered,
    isReduced && t.reduced,
    isUnlessOwn && t.unlessOwn
  ].filter((mark) => typeof mark === 'string')
  return (
    <div class={`flow-box flow-${kind}`}>
      <strong>{t.kinds[kind]}</strong> <code>{shown}</code>
      {marks.length > 0 && <span class="muted">{marks.join(' · ')}</span>}
    </div>
  )
}
