import { STUCK_SECONDS } from '../health.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'
import type { Column } from './state-table.tsx'

interface Backlog {
  pending: number
  oldestPendingAgeSeconds: number | null
  deadLetters: number
}

/** Columns of pending deliveries, the age of the oldest one, and dead letters. @param linkOf page of a row's dead letters */
export function backlogColumns<Row extends Backlog>(linkOf: (row: Row) => string): Column<Row>[] {
  const t = texts.value.tables
  const f = formats.value
  return [
    {
      name: t.pending,
      number: true,
      cell: ({ pending }) => f.count(pending),
      isNothing: ({ pending }) => pending === 0
    },
    {
      name: t.oldest,
      number: true,
      cell: ({ oldestPendingAgeSeconds: seconds }) => seconds !== null && f.age(seconds),
      alarms: ({ oldestPendingAgeSeconds: seconds }) => (seconds ?? 0) >= STUCK_SECONDS
    },
    {
      name: t.dead,
      number: true,
      cell: (row) => (row.deadLetters === 0 ? f.count(0) : <a href={linkOf(row)}>{f.count(row.deadLetters)}</a>),
      alarms: ({ deadLetters }) => deadLetters > 0,
      isNothing: ({ deadLetters }) => deadLetters === 0
    }
  ]
}

/** Returns how long something was before `time`, as a text. Both are ISO 8601. */
export function ageAt(time: string, since: string): string {
  return formats.value.age(Math.max(0, Date.parse(time) - Date.parse(since)) / 1_000)
}
