/**
 * Writes docs/api-report.md: every exported name of every entry point with its signature, as the declaration files of the build
 * have it. With --check nothing is written: exit status 1 where the file on disk differs.
 */

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import ts from 'typescript'
import { readJson, readText, writeFileAtomic } from '../common/files.js'

const root = resolve(import.meta.dirname, '..')
const file = resolve(root, 'docs/api-report.md')
const manifest = readJson(resolve(root, 'package.json'), 'package.json') as {
  readonly name: string
  readonly exports: Readonly<Record<string, string | { readonly types: string }>>
}

// Rooms first, so that a name which the whole package exports too is written out under its room.
const entries = Object.entries(manifest.exports)
  .flatMap(([path, target]) => (typeof target === 'string' ? [] : [{ path, types: target.types }]))
  .sort((a, b) => (b.path === '.' || (a.path !== '.' && a.path < b.path) ? -1 : 1))
  .map(({ path, types }) => ({ name: `${manifest.name}${path.slice(1)}`, source: resolve(root, types) }))
const program = ts.createProgram(
  entries.map(({ source }) => source),
  { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2023, skipLibCheck: true },
)
const checker = program.getTypeChecker()
const printer = ts.createPrinter({ removeComments: true, newLine: ts.NewLineKind.LineFeed })
const homes = new Map<ts.Symbol, string>()
const exported = new Set(
  entries.flatMap(({ source }) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(source)!)
    return module ? exportsIn(module) : []
  }),
)

/** Everything that a module exports, members of its namespaces included. */
function exportsIn(module: ts.Symbol): ts.Symbol[] {
  return checker.getExportsOfModule(module).flatMap((symbol) => {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
    return target.declarations?.some(ts.isSourceFile) ? exportsIn(target) : [target]
  })
}

function print(node: ts.Node): string {
  return printer.printNode(ts.EmitHint.Unspecified, node, node.getSourceFile())
}

/** Whether a type is written with names that no entry point exports: of a schema, or of a helper. */
function hidesParts(declaration: ts.TypeAliasDeclaration): boolean {
  let hides = false
  const visit = (node: ts.Node): void => {
    if (ts.isTypeReferenceNode(node) || ts.isTypeQueryNode(node)) {
      const found = checker.getSymbolAtLocation(ts.isTypeQueryNode(node) ? node.exprName : node.typeName)
      const target = found && found.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(found) : found
      const [home] = target?.declarations ?? []
      const ours = home?.getSourceFile().fileName.startsWith(resolve(root, 'dist')) ?? false
      hides ||= ours && !ts.isTypeParameterDeclaration(home!) && !exported.has(target!)
    }
    ts.forEachChild(node, visit)
  }
  visit(declaration.type)
  return hides
}

/** A type with the members that it comes to. */
function spelledOut(type: ts.Type, indent = ''): string {
  const text = checker.typeToString(type, undefined, ts.TypeFormatFlags.NoTruncation)
  if (type.isUnion()) {
    // The compiler's order of literals changes with what else it has read.
    const simple = !type.types.some((one) => one.flags & ts.TypeFlags.Object)
    if (simple) return text.split(' | ').sort().join(' | ')
    return type.types.map((one) => spelledOut(one, indent)).join(' | ')
  }
  const members = checker.getPropertiesOfType(type)
  const plain = type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection) && members.length > 0
  if (!plain || type.getCallSignatures().length > 0 || checker.isArrayLikeType(type)) return text
  const lines = members.map((member) => {
    const optional = member.flags & ts.SymbolFlags.Optional ? '?' : ''
    const value = checker.getTypeOfSymbol(member)
    const known = optional ? checker.getNonNullableType(value) : value
    return `${indent}    ${member.name}${optional}: ${spelledOut(known, `${indent}    `)};`
  })
  return `{\n${lines.join('\n')}\n${indent}}`
}

/** A declaration as its file has it; where that hides parts, what it comes to. */
function textOf(one: ts.Declaration): string {
  if (ts.isTypeAliasDeclaration(one) && !one.typeParameters && hidesParts(one))
    return `export type ${one.name.text} = ${spelledOut(checker.getTypeAtLocation(one.name))};`
  return print(ts.isVariableDeclaration(one) ? one.parent.parent : one)
}

/** What a module exports, a line or more for each name, sorted. */
function exportsOf(module: ts.Symbol, entry: string): string[] {
  const named = checker.getExportsOfModule(module).map((symbol) => {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
    return { name: symbol.name, target, declarations: target.declarations ?? [] }
  })
  return named
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(({ name, target, declarations }) => {
      const home = homes.get(target)
      if (home && home !== entry) return [`// ${name}: as in ${home}`]
      homes.set(target, entry)
      if (declarations.some(ts.isSourceFile))
        return [`// namespace ${name}:`, ...exportsOf(target, entry), `// end of ${name}`]
      const text = declarations.map(textOf)
      return name === target.name ? text : [`// ${name}: the name for`, ...text]
    })
}

/** One entry point: its exports, then what it adds to other packages' modules. */
function section({ name, source }: (typeof entries)[number]): string {
  const declared = program.getSourceFile(source)
  if (!declared) throw new Error(`${source} is missing: npm run build`)
  const module = checker.getSymbolAtLocation(declared)
  const additions = declared.statements.filter(
    (one) => ts.isModuleDeclaration(one) && ts.isStringLiteral(one.name),
  )
  const lines = [...(module ? exportsOf(module, name) : []), ...additions.map(print)]
  return `## ${name}\n\n\`\`\`ts\n${lines.join('\n')}\n\`\`\`\n`
}

const intro = `# Public names\n\nWritten by \`npm run api\`; \`npm run api:check\` fails where it is out of date.\n`
const report = [intro, ...entries.map(section)].join('\n')
if (process.argv[2] === '--check') {
  const lines = (existsSync(file) ? readText(file, 'report') : '').split('\n')
  const now = report.split('\n')
  const gone = lines.filter((line) => !now.includes(line)).map((line) => `- ${line}`)
  const come = now.filter((line) => !lines.includes(line)).map((line) => `+ ${line}`)
  if (now.join('\n') !== lines.join('\n')) {
    const hint = ['docs/api-report.md is out of date: npm run api', ...gone, ...come]
    console.error(hint.slice(0, 40).join('\n'))
    process.exitCode = 1
  }
} else writeFileAtomic(file, report)
