import { globSync, readFileSync } from 'node:fs'
import { ts } from '@ts-morph/common'
import t from 'tap'
import { InstanceEventInput } from '../../lib/schemas/event-input.ts'
import { AppOptions } from '../../lib/schemas/options/app.ts'
import { EventLogOptions } from '../../lib/schemas/options/event-log.ts'
import { Credentials, S3Options, SqsGlobalOptions, SqsOptions } from '../../lib/schemas/options/sqs.ts'
import { WebsocketOptions } from '../../lib/schemas/options/websocket.ts'
import packageJson from '../../package.json' with { type: 'json' }
import { type BuiltTypes, builtTypes } from '../support/built-types.ts'

const types = await builtTypes(t)
const { service, write } = types
const { named, exported } = publicTypes(types)

const schemas = {
  AppOptions,
  Credentials,
  EventLogOptions,
  S3Options,
  SqsGlobalOptions,
  SqsOptions,
  WebsocketOptions,
  InstanceEventInput
}

const SOURCE = `
import Fastify from 'fastify'
import instanceEvents, { errors } from 'fastify-instance-events'
import eventLog from 'fastify-instance-events/event-log'
import sqs from 'fastify-instance-events/sqs'
import websocket from 'fastify-instance-events/websocket'
import { connectInstance } from 'fastify-instance-events/client'

const app = Fastify()
await app.register(instanceEvents, { apiKey: 'the-api-key', sqs: { concurrency: 8 } })
await app.register(eventLog, { autoRegister: false })
await app.register(sqs, { maxAttempts: 3, global: { singleQueue: true } })
await app.register(websocket, { globalEvents: true })
await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 1, dateTime: '2026-01-01' })
app.sqs.deadLetters
app.websocket.connected
app.eventLog.closing
app.io
new errors.UnauthorizedError('no')
connectInstance('ws://localhost/sales', { apikey: 'k', onResumed: () => {}, onEvent: () => {} })
`

/** The documentation that an editor shows at the last occurrence of a name, with its tags. */
function hover(name: string): string {
  const info = service.getQuickInfoAtPosition(write(SOURCE), SOURCE.lastIndexOf(name))
  const tags = (info?.tags ?? []).map((tag) => `@${tag.name} ${ts.displayPartsToString(tag.text)}`)
  return [ts.displayPartsToString(info?.documentation), ...tags].join('\n')
}

t.test('every type that a public signature names can be imported from the package', async (t) => {
  t.strictSame(
    [...named].filter(([symbol]) => !exported.has(symbol)).map(([{ name }, by]) => `${name}, named by ${by}`),
    []
  )
  // Types of decorators, options and errors are among them, so the walk has reached those.
  const names = new Set([...named.keys()].map(({ name }) => name))
  const some = [
    'EventLog',
    'SqsEmitter',
    'WebsocketEmitter',
    'NewEvent',
    'DeadLetter',
    'CatalogueOptions',
    'ErrorClass'
  ]
  t.strictSame(
    some.filter((name) => !names.has(name)),
    []
  )
})

t.test('the functions that create errors are not public', async (t) => {
  const names = new Set([...exported].map(({ name }) => name))
  t.strictSame(
    ['withMessages', 'MAX_MESSAGES', 'errorClass'].filter((name) => names.has(name)),
    []
  )
})

t.test('an editor shows the documentation of options, decorators, errors and the client', async (t) => {
  t.strictSame(service.getSemanticDiagnostics(write(SOURCE)), [])
  const explained: [string, string[]][] = [
    ['concurrency', ['SendMessageBatch calls', '@default 32, with more than 1,600 queues']],
    ['apiKey', ['The global key, at least 8 characters']],
    ['autoRegister', ['Registers an unknown instance', '@default true']],
    ['maxAttempts', ['becomes a dead letter', '@default 10']],
    ['singleQueue', ['One queue for all events', '@default false']],
    ['globalEvents', ['the events of all instances to the root namespace', '@default false']],
    ['onInstanceEvent', ['sends it wherever it is selected', '@throws']],
    ['dateTime', ['ISO 8601. Now, in UTC, if absent.']],
    ['sqs.dead', ['Amazon SQS']],
    ['deadLetters', ['given up on']],
    ['websocket.conn', ['Socket.IO clients']],
    ['eventLog.clos', ['durable, ordered store of accepted events']],
    ['io\n', ['The Socket.IO server']],
    ['UnauthorizedError', ['the key is missing']],
    ['connectInstance', ['After an interruption it connects again']],
    ['onResumed', ['Called between the events']]
  ]
  const texts = explained.map(([name, parts]) => ({ name, parts, text: hover(name) }))
  t.strictSame(
    texts.filter(({ parts, text }) => !parts.every((part) => text.includes(part))),
    []
  )
})

t.test('every option and every member of an event is documented', async (t) => {
  const names = Object.keys(schemas)
  const file = write(names.map((name) => `type Of${name} = import('fastify-instance-events').${name}`).join('\n'))
  const program = service.getProgram() as ts.Program
  const checker = program.getTypeChecker()
  const declared = new Map(
    [...(program.getSourceFile(file)?.statements ?? [])].filter(ts.isTypeAliasDeclaration).map(({ name }) => {
      return [name.text.slice(2), checker.getTypeAtLocation(name).getProperties()] as const
    })
  )
  const undocumented = [...declared].flatMap(([name, members]) =>
    members
      .filter((member) => member.getDocumentationComment(checker).length === 0)
      .map((member) => `${name}.${member.name}`)
  )
  t.strictSame(undocumented, [])
  t.strictSame(
    names.map((name) => [
      name,
      declared
        .get(name)
        ?.map((member) => member.name)
        .sort()
    ]),
    Object.entries(schemas).map(([name, { properties }]) => [name, Object.keys(properties).sort()])
  )
})

/** What the documents' examples use without declaring it. */
const GIVEN = `
export {}
declare global {
  const apikey: string
  const url: string
  const kept: { offset: number; log: string }
  function keep(position: { offset: number; log: string | undefined }): void
}
`
const root = new URL('../../', import.meta.url)

t.test('the examples in TypeScript of the documents compile', async (t) => {
  const documents = ['README.md', 'README.pt-BR.md', ...globSync('docs/**/*.md', { cwd: root })]
  const examples = documents.flatMap((document) => {
    const markdown = readFileSync(new URL(document, root), 'utf8')
    const blocks = Array.from(markdown.matchAll(/^```ts\n(.*?)^```$/gms), ([, code = '']) => code)
    // Later examples of a page go on with the server of the first.
    const declares = (code = '') => code.includes('const app = ')
    return blocks.map((code) => {
      const before =
        declares(blocks[0]) && !declares(code) ? "declare const app: import('fastify').FastifyInstance\n" : ''
      return { document, code: `${code}\n${before}${GIVEN}` }
    })
  })
  t.ok(examples.length >= 11)
  t.strictSame(
    examples.flatMap(({ document, code }) =>
      service
        .getSemanticDiagnostics(write(code))
        .map(({ messageText }) => `${document}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`)
    ),
    []
  )
})

t.test('a mistyped option is one error that names it', async (t) => {
  const faults: [string, RegExp][] = [
    ["instanceEvents, { apiKey: 'the-api-key', dosc: false }", /'dosc' does not exist in type/],
    ["instanceEvents, { apiKey: 'the-api-key', sqs: { regoin: 'x' } }", /'regoin' does not exist in type 'SqsOptions'/],
    ["sqs, { regoin: 'us-east-1' }", /'regoin' does not exist in type/],
    ["sqs, { concurrency: '8' }", /Type 'string' is not assignable to type 'number'/],
    ['websocket, { globalEvnets: true }', /'globalEvnets' does not exist in type/],
    ['eventLog, { retentionHour: 1 }', /'retentionHour' does not exist in type/]
  ]
  const [imports = ''] = SOURCE.split('const app')
  const file = write([imports, ...faults.map(([call]) => `await Fastify().register(${call})`)].join('\n'))
  const messages = service
    .getSemanticDiagnostics(file)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
  t.match(
    messages,
    faults.map(([, message]) => message)
  )
  t.equal(messages.length, faults.length)
})

/** The types that public signatures name, with the naming symbol, and all exports of the package's subpaths. */
function publicTypes({ service, write, isOurs }: BuiltTypes): {
  named: Map<ts.Symbol, string>
  exported: Set<ts.Symbol>
} {
  const subpaths = Object.keys(packageJson.exports).filter((subpath) => !subpath.endsWith('.json'))
  const imports = subpaths.map((subpath) => `import '${subpath.replace('.', packageJson.name)}'`)
  const file = write(imports.join('\n'))
  const program = service.getProgram() as ts.Program
  const checker = program.getTypeChecker()

  const original = (symbol: ts.Symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  const exported = new Set<ts.Symbol>()
  function addExports(module: ts.Symbol | undefined): void {
    for (const symbol of module ? checker.getExportsOfModule(module).map(original) : []) {
      exported.add(symbol)
      if (symbol.flags & ts.SymbolFlags.ValueModule) addExports(symbol)
    }
  }
  for (const statement of program.getSourceFile(file)?.statements ?? [])
    if (ts.isImportDeclaration(statement)) addExports(checker.getSymbolAtLocation(statement.moduleSpecifier))

  const named = new Map<ts.Symbol, string>()
  const seen = new Set<ts.Symbol>()
  function walkSymbol(symbol: ts.Symbol): void {
    if (seen.has(symbol)) return
    seen.add(symbol)
    for (const declaration of symbol.declarations ?? [])
      if (isOurs(declaration) && !ts.isSourceFile(declaration)) walk(declaration, symbol.name)
  }
  function walk(node: ts.Node, by: string): void {
    // Classes are exported as types only, so their constructors do not count.
    if (ts.isConstructorDeclaration(node)) return
    if (ts.isTypeQueryNode(node)) {
      // A schema need not be exported, but the types in it must be.
      const value = checker.getSymbolAtLocation(node.exprName)
      if (value && isOurs(original(value).declarations?.[0])) walkSymbol(original(value))
    }
    const name = nameIn(node)
    const symbol = name && checker.getSymbolAtLocation(name)
    if (symbol && isOurs(original(symbol).declarations?.[0])) {
      const type = original(symbol)
      // The compiler assigns a base class that is a call expression to a constant.
      const isBase = type.name.endsWith('_base')
      if (!isBase && !(type.flags & ts.SymbolFlags.TypeParameter) && !named.has(type)) named.set(type, by)
      walkSymbol(type)
    }
    ts.forEachChild(node, (child) => walk(child, by))
  }
  for (const symbol of exported) walkSymbol(symbol)
  for (const source of program.getSourceFiles())
    if (isOurs(source))
      for (const statement of source.statements) if (ts.isModuleDeclaration(statement)) walk(statement, 'fastify')
  return { named, exported }
}

/** The name in a reference to a type. */
function nameIn(node: ts.Node): ts.Node | undefined {
  if (ts.isTypeReferenceNode(node)) return node.typeName
  if (ts.isExpressionWithTypeArguments(node)) return node.expression
  return ts.isImportTypeNode(node) ? node.qualifier : undefined
}
