import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { parse, stringify } from 'yaml'
import { build, folder } from '../support/build.ts'
import { path, read } from '../support/deploy-files.ts'
import { haveProgram } from '../support/programs.ts'

interface Rule {
  alert: string
  expr: string
  for: string
  labels: { severity: string }
  annotations: Record<string, string>
}
interface Panel {
  type: string
  title: string
  description?: string
  datasource?: { uid: string }
  gridPos: { x: number; y: number; w: number; h: number }
  targets?: { expr: string }[]
}
interface Dashboard {
  panels: Panel[]
  templating: { list: { name: string }[] }
}

const { groups } = parse(read('prometheus/alerts.yaml')) as { groups: { rules: Rule[] }[] }
const rules = groups.flatMap(({ rules }) => rules)
const dashboard = JSON.parse(read('grafana/dashboard.json')) as Dashboard
const panels = dashboard.panels.filter(({ type }) => type !== 'row')
const shown = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))

/** The registered metrics and their series: a histogram has three. */
async function series(t: Test): Promise<{ names: Set<string>; metrics: string[] }> {
  const { eventLog } = await build(t)
  const metrics = await eventLog.metrics.registry().then((registry) => registry.getMetricsAsJSON())
  const names = metrics.flatMap(({ name, type }) =>
    // prom-client's types call it an enum, its JSON has the word.
    String(type) === 'histogram' ? ['bucket', 'sum', 'count'].map((end) => `${name}_${end}`) : [name]
  )
  return { names: new Set(names), metrics: metrics.map(({ name }) => name) }
}

t.test('rules and dashboard name metrics that exist, and the dashboard shows every metric', async (t) => {
  const { names, metrics } = await series(t)
  const unknown = [...shown, ...rules.map(({ expr }) => expr)].filter((expr) =>
    expr.match(/\biev_\w+/g)?.some((name) => !names.has(name))
  )
  const hidden = metrics.filter((metric) => !shown.some((expr) => expr.includes(metric)))
  t.strictSame({ unknown, hidden }, { unknown: [], hidden: [] })
})

t.test('every rule has a name of its own, a delay, a severity, a summary, a description and an action', async (t) => {
  t.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length)
  const incomplete = rules.filter(
    ({ for: delay, labels, annotations }) =>
      !/^\d+[sm]$/.test(delay) ||
      !/^(warning|critical)$/.test(labels.severity) ||
      Object.keys(annotations).join() !== 'summary,description,action'
  )
  t.strictSame(incomplete, [])
})

t.test('docs/operations.md has one row for each alert and no other', async (t) => {
  const markdown = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')
  const rows = [...markdown.matchAll(/^\| `(InstanceEvents\w+)` \| (\w+) \|/gm)]
  t.same(
    rows.map(([, name, severity]) => [name, severity]),
    rules.map(({ alert, labels }) => [alert, labels.severity])
  )
})

t.test('queries of the dashboard use its variables only', async (t) => {
  const variables = dashboard.templating.list.map(({ name }) => name)
  t.strictSame(variables, ['datasource', 'job', 'instance'])
  const known = new Set([...variables, '__rate_interval'].map((name) => `$${name}`))
  t.strictSame(
    shown.filter((expr) => expr.match(/\$\w+/g)?.some((variable) => !known.has(variable))),
    []
  )
})

t.test('every panel has a description and the chosen data source, and fits beside the others', async (t) => {
  const overlap = ({ gridPos: one }: Panel, { gridPos: two }: Panel) =>
    one.x < two.x + two.w && two.x < one.x + one.w && one.y < two.y + two.h && two.y < one.y + one.h
  const wrong = panels.filter(
    (panel) =>
      !panel.description ||
      panel.datasource?.uid !== '${datasource}' ||
      panel.gridPos.x + panel.gridPos.w > 24 ||
      panels.some((other) => other !== panel && overlap(panel, other))
  )
  t.strictSame(
    wrong.map(({ title, description, datasource, gridPos }) => ({ title, description, datasource, gridPos })),
    []
  )
})

t.test('promtool accepts the rules, passes their tests and parses the queries of the dashboard', async (t) => {
  if (!haveProgram(t, 'promtool')) return
  const promtool = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' })
    t.equal(status, 0, `${args.join(' ')}\n${stdout}${stderr}`)
  }
  promtool('check', 'rules', path('prometheus/alerts.yaml'))
  promtool('test', 'rules', path('prometheus/alerts.test.yaml'))

  // Grafana replaces variables before it queries. promtool parses queries only as those of recording rules.
  const asked = shown.map((expr, index) => ({
    record: `panel:${index}`,
    expr: expr.replaceAll('$__rate_interval', '5m').replaceAll(/\$\w+/g, '.*')
  }))
  const file = join(folder(t), 'dashboard.yaml')
  writeFileSync(file, stringify({ groups: [{ name: 'dashboard', rules: asked }] }))
  promtool('check', 'rules', file)
})
