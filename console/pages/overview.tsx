import { useState } from 'preact/hooks'
import { DifferingQueues } from '../parts/differing-queues.tsx'
import { HealthCard } from '../parts/health-card.tsx'
import { InstanceTable } from '../parts/instance-table.tsx'
import { LineChart } from '../parts/line-chart.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { QueueTable } from '../parts/queue-table.tsx'
import { Rejections } from '../parts/rejections.tsx'
import type { Metric } from '../sample-series.ts'
import { pollError, series, status } from '../state/overview.ts'
import { session } from '../state/session.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'

const METRICS: Metric[] = ['accepted', 'delivered', 'pending', 'oldest', 'deadLetters', 'sockets']

export function OverviewPage() {
  const t = texts.value
  const f = formats.value
  const current = status.value
  return (
    <>
      <PageHead title={t.pages.overview} lead={t.overview.lead} />
      <HealthCard />
      <div class={pollError.value ? 'overview stale' : 'overview'}>
        <QueueTable />
        <InstanceTable />
        <div class="tiles">
          {METRICS.map((metric) => (
            <Tile key={metric} metric={metric} />
          ))}
        </div>
        {current && (
          <dl class="facts-list card">
            <dt>{t.overview.node}</dt>
            <dd class="mono">
              <span title={current.overview.node}>{current.overview.node.slice(0, 8)}</span>
              {current.overview.nodes > 1 && (
                <span class="muted">
                  {' '}
                  · {t.overview.nodes(f.count(current.heardNodes), f.count(current.overview.nodes))}
                </span>
              )}
            </dd>
            <dt>{t.overview.uptime}</dt>
            <dd>{f.duration(current.overview.uptimeSeconds)}</dd>
            <dt>{t.overview.lastOffset}</dt>
            <dd>{current.overview.lastOffset === null ? '–' : f.count(current.overview.lastOffset)}</dd>
            <dt>{t.overview.maxPending}</dt>
            <dd>{f.count(current.overview.maxPending)}</dd>
            <dt>{t.overview.refused}</dt>
            <dd>{f.count(current.overview.totals.refused)}</dd>
            <dt>{t.overview.replaying}</dt>
            <dd>{f.count(current.overview.replaying)}</dd>
            <dt>{t.overview.streams}</dt>
            <dd>{f.count(current.overview.streams)}</dd>
            <dt>{t.overview.longPolls}</dt>
            <dd>{f.count(current.overview.longPolls)}</dd>
            <dt>{t.overview.version}</dt>
            <dd>{session.value?.server.version}</dd>
          </dl>
        )}
        {current && <DifferingQueues {...current.overview} />}
        {current && <Rejections {...current.overview} />}
      </div>
    </>
  )
}

/** A metric: its current value, or the one at the pointer, and a chart of the last hour. */
function Tile({ metric }: { metric: Metric }) {
  const t = texts.value
  const f = formats.value
  const [index, setIndex] = useState<number | undefined>()
  const { times, [metric]: values } = series.value
  const write = metric === 'accepted' || metric === 'delivered' ? f.rate : metric === 'oldest' ? f.duration : f.count
  const written = (value: number | null | undefined) => (value === null || value === undefined ? '–' : write(value))
  const pointed = index !== undefined && index < times.length ? index : undefined
  // A current value needs no time.
  const shownAt = pointed !== undefined ? (times[pointed] ?? 0) * 1_000 : pollError.value && status.value?.at
  const known = values.filter((value) => value !== null)
  const latest = written(values.at(-1))
  const label = t.metrics[metric]
  return (
    <section
      class={`tile ${metric === 'deadLetters' && (values.at(-1) ?? 0) > 0 ? 'alarming' : ''}`}
      data-metric={metric}
    >
      <h2>{label}</h2>
      <p class="figure">
        {written(pointed === undefined ? values.at(-1) : values[pointed])}
        {shownAt !== undefined && <small class="muted"> {f.clock(shownAt)}</small>}
      </p>
      <LineChart
        times={times}
        values={values}
        format={write}
        whole={metric !== 'accepted' && metric !== 'delivered'}
        summary={
          known.length === 0
            ? t.overview.noChart(label)
            : t.overview.chart(label, latest, write(Math.min(...known)), write(Math.max(...known)))
        }
        onPoint={setIndex}
      />
    </section>
  )
}
