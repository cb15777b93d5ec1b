import type { InstanceSort } from '../api/requests.ts'
import type { Instance, Selection } from '../api/types.ts'
import { href } from '../route.ts'
import { session } from '../state/session.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'
import { Counts, LastEvent, SilentChip } from './activity.tsx'

export interface InstanceOrder {
  sort: InstanceSort
  order: 'asc' | 'desc'
}

export interface InstanceListProps extends InstanceOrder {
  instances: readonly Instance[]
  /** Names of chosen instances. */
  chosen: ReadonlySet<string>
  /** Called with the column that is to be sorted by; that of the current order is to be reversed. */
  onSort: (sort: InstanceSort) => void
  onChoose: (names: readonly string[], isChosen: boolean) => void
}

/** A page of instances with their selections and their activity. */
export function InstanceList({ instances, sort, order, chosen, onSort, onChoose }: InstanceListProps) {
  const t = texts.value
  const heads: [InstanceSort, string][] = [
    ['lastEventAt', t.activity.lastEvent],
    ['events', t.instances.counts],
    ['createdAt', t.instances.created]
  ]
  const head = ([column, title]: [InstanceSort, string]) => (
    <th key={column} aria-sort={column === sort ? (order === 'asc' ? 'ascending' : 'descending') : 'none'}>
      <button type="button" class="sort" onClick={() => onSort(column)}>
        {title}
      </button>
    </th>
  )
  return (
    <div class="scrolled card instances">
      <table>
        <thead>
          <tr>
            <th>
              <input
                type="checkbox"
                aria-label={t.instances.chooseAll}
                checked={instances.every(({ name }) => chosen.has(name))}
                onChange={(event) =>
                  onChoose(
                    instances.map(({ name }) => name),
                    event.currentTarget.checked
                  )
                }
              />
            </th>
            {head(['name', t.create.name])}
            <th>SQS</th>
            <th>WebSocket</th>
            {heads.map(head)}
          </tr>
        </thead>
        <tbody>
          {instances.map((instance) => (
            <Row
              key={instance.id}
              instance={instance}
              isChosen={chosen.has(instance.name)}
              onChoose={(isChosen) => onChoose([instance.name], isChosen)}
            />
          ))}
        </tbody>
      </table>
    </div>
  )
}

interface RowProps {
  instance: Instance
  isChosen: boolean
  onChoose: (isChosen: boolean) => void
}

function Row({ instance: { name, activity, sqs, websocket, createdAt }, isChosen, onChoose }: RowProps) {
  const t = texts.value
  return (
    <tr>
      <td>
        <input
          type="checkbox"
          checked={isChosen}
          aria-label={t.instances.choose(name)}
          onChange={(event) => onChoose(event.currentTarget.checked)}
        />
      </td>
      <td class="instance-name">
        <a href={href('instances', name)}>{name}</a> <SilentChip activity={activity} />
      </td>
      <td>
        <Chip label="SQS" selection={sqs} isShared={session.value?.server.sqs?.global != null} />
      </td>
      <td>
        <Chip label="WebSocket" selection={websocket} />
      </td>
      <td>
        <span class="chip-label">{t.activity.lastEvent}: </span>
        <LastEvent activity={activity} />
      </td>
      <td>
        <span class="chip-label">{t.instances.counts}: </span>
        <Counts activity={activity} />
      </td>
      <td title={formats.value.dateTime(createdAt)}>
        <span class="chip-label">{t.instances.created} </span>
        {formats.value.date(createdAt)}
      </td>
    </tr>
  )
}

/** @param isShared true if the events go somewhere also without a selection */
function Chip({ label, selection, isShared = false }: { label: string; selection: Selection; isShared?: boolean }) {
  const t = texts.value
  return (
    <span class={selection.enabled || isShared ? 'chip on' : 'chip'}>
      <span class="chip-label">{label} </span>
      {selection.enabled
        ? t.instances.events(formats.value.count(selection.events.length))
        : isShared
          ? t.instances.shared
          : t.off}
    </span>
  )
}
