/** Numbers and times in a language. Created once for each language, because creating Intl formats is slow. */
export interface Formats {
  /** `1,234` */
  count(value: number): string
  /** A number with one decimal below ten. */
  rate(value: number): string
  /** A duration in its largest unit, rounded down: `12s`, `3m`, `2h`, `4d`. */
  duration(seconds: number): string
  /** Date and time to the second. */
  dateTime(iso: string): string
  /** Time of day to the millisecond. */
  time(iso: string): string
  /** Time of day to the second. @param ms milliseconds since 1970 */
  clock(ms: number): string
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1]
] as const

export function formatsOf(language: string): Formats {
  const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 })
  const tenth = new Intl.NumberFormat(language, { maximumFractionDigits: 1 })
  const units = new Map(
    UNITS.map(([unit]) => [
      unit,
      new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'narrow', maximumFractionDigits: 0 })
    ])
  )
  const dateTime = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' })
  const clock = new Intl.DateTimeFormat(language, { timeStyle: 'medium', hourCycle: 'h23' })
  const time = new Intl.DateTimeFormat(language, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    hourCycle: 'h23'
  })
  return {
    count: (value) => whole.format(value),
    rate: (value) => (value < 10 ? tenth : whole).format(value),
    duration(seconds) {
      const [unit, size] = UNITS.find(([, size]) => seconds >= size) ?? UNITS[3]
      return units.get(unit)?.format(Math.floor(seconds / size)) ?? ''
    },
    dateTime: (iso) => dateTime.format(new Date(iso)),
    time: (iso) => time.format(new Date(iso)),
    clock: (ms) => clock.format(ms)
  }
}
