import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { parse, stringify } from 'yaml'
import { build, folder } from '../support/build.ts'
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

const path = (name: string) => fileURLToPath(new URL(`../../deploy/${name}`, import.meta.url))
const read = (name: string) => readFileSync(path(name), 'utf8')

const { groups } = parse(read('prometheus/alerts.yaml')) as { groups: { rules: Rule[] }[] }
const rules = groups.flatMap(({ rules }) => rules)
const dashboard = JSON.parse(read('grafana/dashboard.json')) as Dashboard
const panels = dashboard.panels.filter(({ type }) => type !== 'row')
const shown = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))

/** The series of what is registered: a histogram has three. */
async function series(t: Test): Promise<{ names: Set<string>; metrics: string[] }> {
  const { eventLog } = await build(t)
  const metrics = await eventLog.metrics.registry().then((registry) => registry.getMetricsAsJSON())
  const names = metrics.flatMap(({ name, type }) =>
    // prom-client's types call it an enum, its JSON has the word.
    String(type) === 'histogram' ? ['bucket', 'sum', 'count'].map((end) => `${name}_${end}`) : [name]
  )
  return { names: new Set(names), metrics: metrics.map(({ name }) => name) }
}

t.test('rules and dashboard name metrics that there are, and the dashboard shows each', async (t) => {
  const { names, metrics } = await series(t)
  for (const expr of [...shown, ...rules.map(({ expr }) => expr)])
    for (const [name] of expr.matchAll(/\biev_\w+/g)) t.ok(names.has(name), `${name} in ${expr}`)
  for (const metric of metrics)
    t.ok(
      shown.some((expr) => expr.includes(metric)),
      `${metric} is shown`
    )
})

t.test('every rule waits, says how bad it is, what it means and what to do', async (t) => {
  t.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length, 'names are used once')
  for (const { alert, for: wait, labels, annotations } of rules) {
    t.match(wait, /^\d+[sm]$/, alert)
    t.match(labels.severity, /^(warning|critical)$/, alert)
    t.same(Object.keys(annotations), ['summary', 'description', 'action'], alert)
  }
})

t.test('docs/operations.md has a row for each alert, and for no other', async (t) => {
  const markdown = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')
  const rows = [...markdown.matchAll(/^\| `(InstanceEvents\w+)` \| (\w+) \|/gm)]
  t.same(
    rows.map(([, name, severity]) => [name, severity]),
    rules.map(({ alert, labels }) => [alert, labels.severity])
  )
})

t.test('the dashboard asks what its variables say, and panels do not overlap', async (t) => {
  const variables = dashboard.templating.list.map(({ name }) => name)
  t.same(variables, ['datasource', 'job', 'instance'])
  const taken = new Set<string>()
  for (const { title, description, datasource, gridPos } of panels) {
    t.equal(datasource?.uid, '${datasource}', title)
    t.ok(description, `${title} says what it shows`)
    t.ok(gridPos.x + gridPos.w <= 24, `${title} fits`)
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        t.notOk(taken.has(`${x},${y}`), `${title} at ${x},${y}`)
        taken.add(`${x},${y}`)
      }
  }
  for (const expr of shown)
    for (const [, name = ''] of expr.matchAll(/\$(\w+)/g)) t.ok([...variables, '__rate_interval'].includes(name), expr)
})

t.test('promtool takes the rules, sees them fire when they should, and parses what the dashboard asks', async (t) => {
  if (!haveProgram(t, 'promtool')) return
  const promtool = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' })
    t.equal(status, 0, `${args.join(' ')}\n${stdout}${stderr}`)
  }
  promtool('check', 'rules', path('prometheus/alerts.yaml'))
  promtool('test', 'rules', path('prometheus/alerts.test.yaml'))

  // Grafana fills its variables in before it asks; a recording rule is a query that promtool reads.
  const asked = shown.map((expr, index) => ({
    record: `panel:${index}`,
    expr: expr.replaceAll('$__rate_interval', '5m').replaceAll(/\$\w+/g, '.*')
  }))
  const file = join(folder(t), 'dashboard.yaml')
  writeFileSync(file, stringify({ groups: [{ name: 'dashboard', rules: asked }] }))
  promtool('check', 'rules', file)
})
