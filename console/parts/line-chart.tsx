import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { theme } from '../state/preferences.ts'
import { formats } from '../texts/formats.ts'
import { timeSpan } from '../time-span.ts'

/** Height in pixels. */
const HEIGHT = 116
const FONT = '11px system-ui, sans-serif'
/** Steps of the axis: 1, 2, 5, 10, 20, … */
const WHOLE_STEPS = Array.from({ length: 10 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat()
const STEPS = [0.1, 0.2, 0.5, ...WHOLE_STEPS]

export interface LineChartProps {
  /** Seconds since 1970. */
  times: number[]
  values: (number | null)[]
  /** Formats the numbers of the axis. */
  format: (value: number) => string
  /** True if all values are whole numbers. */
  whole: boolean
  /** Description for screen readers. */
  summary: string
  /** Called with the index of the point under the pointer. */
  onPoint: (index: number | undefined) => void
}

/** One line over time, in the colours of the page. It is drawn again when they change. */
export function LineChart({ times, values, format, whole, summary, onPoint }: LineChartProps) {
  const place = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot | undefined>(undefined)
  const chosen = theme.value
  const f = formats.value

  useEffect(() => {
    const element = place.current as HTMLDivElement
    const dark = matchMedia('(prefers-color-scheme: dark)')
    const draw = () => {
      chart.current?.destroy()
      chart.current = new uPlot(options({ element, format, whole, clock: f.clock, onPoint }), [times, values], element)
    }
    const observer = new ResizeObserver(() => chart.current?.setSize({ width: element.clientWidth, height: HEIGHT }))
    draw()
    observer.observe(element)
    dark.addEventListener('change', draw)
    return () => {
      observer.disconnect()
      dark.removeEventListener('change', draw)
      chart.current?.destroy()
      chart.current = undefined
    }
    // setData below updates the points; all else needs a new drawing.
  }, [chosen, f])

  useEffect(() => chart.current?.setData([times, values]), [times, values])

  return <div ref={place} class="chart" role="img" aria-label={summary} />
}

interface Drawing {
  element: HTMLElement
  format: (value: number) => string
  whole: boolean
  clock: (ms: number) => string
  onPoint: (index: number | undefined) => void
}

function options({ element, format, whole, clock, onPoint }: Drawing): uPlot.Options {
  const colour = (name: string) => resolved(element, `var(${name})`)
  const axis: uPlot.Axis = {
    stroke: colour('--muted'),
    font: FONT,
    grid: { stroke: colour('--grid'), width: 1 },
    ticks: { show: false }
  }
  return {
    width: element.clientWidth,
    height: HEIGHT,
    padding: [8, 14, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    // Starts at zero with room above, so that a steady line does not look like a jump.
    scales: {
      x: { range: (chart) => timeSpan(chart.data[0], Date.now() / 1_000) },
      y: { range: (_chart, _low, high) => [0, Math.max(high * 1.15, 1)] }
    },
    axes: [
      { ...axis, size: 22, space: 80, values: (_chart, splits) => splits.map((split) => clock(split * 1_000)) },
      {
        ...axis,
        size: 46,
        space: 28,
        incrs: whole ? WHOLE_STEPS : STEPS,
        values: (_chart, splits) => splits.map((split) => (split === null ? '' : format(split)))
      }
    ],
    series: [
      {},
      {
        stroke: colour('--chart-line'),
        fill: colour('--chart-fill'),
        width: 1.75,
        points: { show: false },
        spanGaps: false
      }
    ],
    hooks: { setCursor: [({ cursor: { idx } }) => onPoint(idx ?? undefined)] }
  }
}

/** The computed colour, because a canvas supports neither custom properties nor light-dark(). */
function resolved(element: HTMLElement, colour: string): string {
  const before = element.style.color
  element.style.color = colour
  const value = getComputedStyle(element).color
  element.style.color = before
  return value
}
