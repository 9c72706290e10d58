import { join } from 'node:path'
import ts from 'typescript'
import { readJson } from '../../common/files.js'
import { root } from './collect.js'

const ARROW = /^\/\/ → (.*\S)\s*$/

/**
 * An example as a module that can be run: imports of the package become those of its sources, and every statement whose
 * line ends in `// → VALUE` checks what it gives. That is the value of an expression, of `console.log`'s argument, or of
 * the one variable that is declared. Throws where a `// →` follows anything else.
 */
export function instrument(code: string): string {
  const file = ts.createSourceFile('example.ts', code, ts.ScriptTarget.Latest, true)
  const edits: { readonly from: number; readonly to: number; readonly text: string }[] = []
  let arrows = 0
  const visit = (node: ts.Node): void => {
    const comment = ts.getTrailingCommentRanges(code, node.end)?.[0]
    const value = comment && ARROW.exec(code.slice(comment.pos, comment.end))?.[1]
    if (value !== undefined && (ts.isExpressionStatement(node) || ts.isVariableStatement(node))) {
      arrows++
      edits.push(check(node, value, file.getLineAndCharacterOfPosition(node.end).line + 1))
    } else if (ts.isImportDeclaration(node)) {
      const { text } = node.moduleSpecifier as ts.StringLiteral
      const from = node.moduleSpecifier.getStart()
      edits.push({ from, to: node.moduleSpecifier.end, text: JSON.stringify(sourceOf(text)) })
    }
    ts.forEachChild(node, visit)
  }
  ts.forEachChild(file, visit)
  if (arrows !== code.split('// →').length - 1)
    throw new Error('a "// →" that ends no statement, or names no value')
  let text = code
  for (const edit of edits.sort((a, b) => b.from - a.from))
    text = text.slice(0, edit.from) + edit.text + text.slice(edit.to)
  const prints = join(root, 'test/examples/prints.ts')
  return `import { expectPrint as $expectPrint } from ${JSON.stringify(prints)}\n${text}\nexport {}\n`
}

/** The edit that makes a statement check its value. */
function check(statement: ts.ExpressionStatement | ts.VariableStatement, value: string, line: number) {
  const call = (expression: string) => `$expectPrint(${expression}, ${JSON.stringify(value)}, ${line})`
  if (ts.isExpressionStatement(statement)) {
    const { expression } = statement
    const logs = ts.isCallExpression(expression) && expression.expression.getText() === 'console.log'
    const shown = logs && expression.arguments.length === 1 ? expression.arguments[0]! : expression
    return { from: expression.getStart(), to: expression.end, text: call(shown.getText()) }
  }
  const { declarations } = statement.declarationList
  const { name } = declarations[0]!
  if (declarations.length > 1 || !ts.isIdentifier(name))
    throw new Error(`line ${line}: "// →" stands behind an expression or one variable`)
  return { from: statement.end, to: statement.end, text: `; ${call(name.text)}` }
}

/** The source file behind an entry point of this package; other modules keep their names. */
function sourceOf(specifier: string): string {
  const { name, exports } = readJson(join(root, 'package.json'), 'package.json') as {
    name: string
    exports: Record<string, { types?: string }>
  }
  if (specifier !== name && !specifier.startsWith(`${name}/`)) return specifier
  const types = exports[`.${specifier.slice(name.length)}`]?.types
  if (types === undefined) throw new Error(`${specifier} is no entry point of package.json`)
  return join(root, types.replace('./dist/', '').replace('.d.ts', '.ts'))
}
