import { ts } from '@ts-morph/common'
import t from 'tap'
import packageJson from '../../package.json' with { type: 'json' }
import { type BuiltTypes, builtTypes } from '../support/built-types.ts'

const types = await builtTypes(t)

t.test('every type that a public signature names can be imported from the package', async (t) => {
  const { named, exported } = publicTypes(types)
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
  const { exported } = publicTypes(types)
  const names = new Set([...exported].map(({ name }) => name))
  t.strictSame(
    ['withMessages', 'MAX_MESSAGES', 'errorClass'].filter((name) => names.has(name)),
    []
  )
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
