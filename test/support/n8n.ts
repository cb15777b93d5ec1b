import { readFileSync } from 'node:fs'

/** What an exported workflow of n8n has, as far as ours use it. */
export interface Workflow {
  name: string
  nodes: WorkflowNode[]
  connections: Record<string, { main: { node: string; type: string; index: number }[][] }>
}

export interface WorkflowNode {
  id: string
  name: string
  type: string
  typeVersion: number
  position: [number, number]
  // oxlint-disable-next-line typescript/no-explicit-any -- each type of node has parameters of its own
  parameters: Record<string, any>
  credentials?: Record<string, { id: string; name: string }>
}

type Item = { json: Record<string, unknown> }

export interface WorkflowRun {
  /** Values of the node "Settings". */
  settings: Record<string, string>
  /** What the node "Your work" does with each item. */
  work: (json: Record<string, unknown>) => void
  /** Headers that the credentials add to requests. */
  headers?: Record<string, string>
  /** What n8n keeps of an active workflow; changed by the run. */
  staticData?: Record<string, unknown>
}

/** Reads a workflow of examples/n8n. */
export function readWorkflow(file: string): Workflow {
  return JSON.parse(readFileSync(new URL(`../../examples/n8n/${file}`, import.meta.url), 'utf8')) as Workflow
}

/** Executes a workflow once from its trigger, as n8n does. @throws {Error} a node fails, which ends the execution */
export async function execute(workflow: Workflow, run: WorkflowRun): Promise<void> {
  const { settings, work, headers = {}, staticData = {} } = run
  const results = new Map<string, Item[]>()
  const remaining = new Map<string, Item[]>()
  const nodes = new Map(workflow.nodes.map((node) => [node.name, node]))
  const trigger = workflow.nodes.find(({ type }) => type === 'n8n-nodes-base.scheduleTrigger')
  await visit(trigger?.name ?? '', [{ json: {} }])

  /** Runs a node, then those behind it if it has items for them. */
  async function visit(name: string, items: Item[]): Promise<void> {
    const node = nodes.get(name)
    if (node === undefined) throw new Error(`There is no node ${name}`)
    const outputs = await outputsOf(node, items)
    for (const [index, result] of outputs.entries()) {
      if (result.length === 0) continue
      results.set(name, result)
      for (const next of workflow.connections[name]?.main[index] ?? []) await visit(next.node, result)
    }
  }

  async function outputsOf({ name, type, parameters }: WorkflowNode, items: Item[]): Promise<Item[][]> {
    switch (type) {
      case 'n8n-nodes-base.scheduleTrigger':
        return [items]
      case 'n8n-nodes-base.set':
        return [[{ json: settings }]]
      case 'n8n-nodes-base.noOp':
        for (const { json } of items) work(json)
        return [items]
      case 'n8n-nodes-base.code':
        return [evaluate(parameters.jsCode, items) as Item[]]
      case 'n8n-nodes-base.httpRequest':
        return [await Promise.all(items.map((item) => request(parameters, item)))]
      case 'n8n-nodes-base.splitInBatches': {
        const left = remaining.get(name) ?? [...items]
        const next = left.splice(0, 1)
        if (next.length > 0) remaining.set(name, left)
        else remaining.delete(name)
        return next.length > 0 ? [[], next] : [items]
      }
      default:
        throw new Error(`${type} is not known here`)
    }
  }

  async function request(parameters: WorkflowNode['parameters'], item: Item): Promise<Item> {
    const text = (value = '') =>
      value.startsWith('=')
        ? value.slice(1).replace(/\{\{(.*?)\}\}(?!\})/gs, (_, code) => String(evaluate(`return ${code}`, [item])))
        : value
    const pairs = ({ parameters = [] }: { parameters?: { name: string; value: string }[] } = {}) =>
      parameters.map(({ name, value }): [string, string] => [name, text(value)])
    const url = new URL(text(parameters.url))
    for (const [name, value] of pairs(parameters.queryParameters)) url.searchParams.set(name, value)
    const response = await fetch(url, {
      method: parameters.method ?? 'GET',
      headers: {
        ...headers,
        ...Object.fromEntries(pairs(parameters.headerParameters)),
        ...(parameters.rawContentType && { 'content-type': parameters.rawContentType })
      },
      ...(parameters.sendBody && { body: text(parameters.body) })
    })
    const body = await response.text()
    if (!response.ok) throw new Error(`${response.status} ${body}`)
    // n8n parses what is called application/json, and makes text of other types.
    const isJson = response.headers.get('content-type')?.includes('application/json')
    return { json: isJson ? JSON.parse(body) : { data: body } }
  }

  /** Runs code of the workflow with the variables that n8n gives to it. */
  function evaluate(code: string, items: Item[]): unknown {
    const first = (of: Item[] = []) => ({ first: () => of[0], item: of[0] })
    const variables = {
      $json: items[0]?.json,
      $input: { ...first(items), all: () => items },
      $: (name: string) => first(results.get(name)),
      $getWorkflowStaticData: () => staticData
    }
    // oxlint-disable-next-line typescript/no-implied-eval -- the code is that of our own examples
    return new Function(...Object.keys(variables), code)(...Object.values(variables))
  }
}
