import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { readJson } from '../../common/files.js'

export const root: string = resolve(import.meta.dirname, '../..')

/** One ```ts block of a documentation comment. */
export interface Example {
  /** File and the name that the comment belongs to. */
  readonly title: string
  readonly code: string
}

/** Every ```ts block after an `@example` tag in the rooms that the package is built from. Throws where a tag has none. */
export function collectExamples(): Example[] {
  const { include } = readJson(join(root, 'tsconfig.build.json'), 'tsconfig') as { include: string[] }
  return include.flatMap(filesOf).flatMap((file) => examplesOf(file, readFileSync(join(root, file), 'utf8')))
}

function filesOf(room: string): string[] {
  if (room.endsWith('.ts')) return [room]
  return readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => `${room}/${name}`)
}

/** The examples of one file's text. */
export function examplesOf(file: string, text: string): Example[] {
  return [...text.matchAll(/\/\*\*.*?\*\//gs)].flatMap(({ 0: comment, index }) => {
    const [, ...tags] = comment.replace(/^\/\*\* ?|^[ \t]*\*(\/| ?)/gm, '').split(/^@example\b/m)
    const title = `${file} ${nameAfter(text.slice(index + comment.length))}`
    return tags.flatMap((tag) => {
      const blocks = [...tag.split(/^@[a-z]/m)[0]!.matchAll(/^```ts\n(.*?)^```/gms)].map((block) => block[1]!)
      if (blocks.length === 0) throw new Error(`${title}: @example without a \`\`\`ts block`)
      return blocks.map((code) => ({ title, code }))
    })
  })
}

/** The name declared at the start of some code, or that of a member. */
function nameAfter(code: string): string {
  const words =
    /^\s*(?:(?:export|declare|abstract|readonly|static|async|function\*?|const|class|interface|type) +)*([\w$#]+)/
  return words.exec(code)?.[1] ?? '(file)'
}
