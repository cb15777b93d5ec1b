/** Numbers and times in a language. Created once for each language, because creating Intl formats is slow. */
export interface Formats {
  /** `1,234` */
  count(value: number): string
  /** A number with one decimal below ten. */
  rate(value: number): string
  /** A duration in its largest unit, rounded down: `12s`, `3m`, `2h`, `4d`. */
  duration(seconds: number): string
  /** As `duration`, with one decimal below ten seconds: `0.3s`. */
  age(seconds: number): string
  /** Date and time to the second. */
  dateTime(iso: string): string
  /** Date without a time. */
  date(iso: string): string
  /** Time of day to the millisecond, of another day than today to the second, with the day before it. */
  moment(iso: string): string
  /** The time zone in which times are shown, now: `GMT-3`. */
  zone(): string
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
  const tenthOfSecond = new Intl.NumberFormat(language, {
    style: 'unit',
    unit: 'second',
    unitDisplay: 'narrow',
    maximumFractionDigits: 1
  })
  const dateTime = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' })
  const date = new Intl.DateTimeFormat(language, { dateStyle: 'medium' })
  const clock = new Intl.DateTimeFormat(language, { timeStyle: 'medium', hourCycle: 'h23' })
  const time = new Intl.DateTimeFormat(language, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    hourCycle: 'h23'
  })
  const day = new Intl.DateTimeFormat(language, {
    day: '2-digit',
    month: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23'
  })
  const zone = new Intl.DateTimeFormat(language, { timeZoneName: 'shortOffset' })
  const duration = (seconds: number): string => {
    const [unit, size] = UNITS.find(([, size]) => seconds >= size) ?? UNITS[3]
    return units.get(unit)?.format(Math.floor(seconds / size)) ?? ''
  }
  return {
    count: (value) => whole.format(value),
    rate: (value) => (value < 10 ? tenth : whole).format(value),
    duration,
    age: (seconds) => (seconds < 10 ? tenthOfSecond.format(seconds) : duration(seconds)),
    dateTime: (iso) => dateTime.format(new Date(iso)),
    date: (iso) => date.format(new Date(iso)),
    moment: (iso) => {
      const date = new Date(iso)
      return (date.toDateString() === new Date().toDateString() ? time : day).format(date)
    },
    zone: () => zone.formatToParts().find(({ type }) => type === 'timeZoneName')?.value ?? '',
    clock: (ms) => clock.format(ms)
  }
}
