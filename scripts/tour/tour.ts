import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/** The console tour of a document: commands behind `$ `, and below each what it prints. */

const BLOCK = /(?<=```console\n).*?(?=```)/s
const ELISION = '…'

/** A command and what a document shows of its output. */
export interface Stop {
  readonly command: string
  readonly shown: readonly string[]
}

/** The stops of a document's first console block. Throws where it has none. */
export function tourOf(document: string): Stop[] {
  const [block] = BLOCK.exec(document) ?? []
  if (!block) throw new Error('the document has no console block')
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((text) => {
      const [command, ...shown] = text.trimEnd().split('\n')
      return { command: command!, shown }
    })
}

/** The document with these stops instead of its own. */
export function withTour(document: string, stops: readonly Stop[]): string {
  const block = stops.map(({ command, shown }) => [`$ ${command}`, ...shown, ''].join('\n')).join('')
  return document.replace(BLOCK, () => block)
}

/**
 * What a document should show of an output: all of it; nothing where it showed nothing; beside an ellipsis the lines that begin with
 * the same word. Throws where one of them is not printed.
 */
export function shownOf(shown: readonly string[], printed: readonly string[]): string[] {
  if (shown.length === 0) return []
  if (!shown.includes(ELISION)) return [...printed]
  return shown.map((line) => {
    if (line === ELISION) return line
    const [word] = line.split(' ')
    const found = printed.find((other) => other.split(' ')[0] === word)
    if (found === undefined) throw new Error(`no line begins with ${word}`)
    return found
  })
}

/**
 * Runs commands one after another in an empty directory, `pcfg-diffusion` being the program at a path. What a command prints is its
 * standard output; where that is empty, its progress, of which the end is kept. Throws where one fails.
 */
export function walk(commands: readonly string[], program: string): string[][] {
  const home = mkdtempSync(join(tmpdir(), 'tour-'))
  try {
    const [bin, cwd] = [join(home, 'bin'), join(home, 'work')]
    mkdirSync(bin)
    mkdirSync(cwd)
    const command = join(bin, 'pcfg-diffusion')
    writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`)
    chmodSync(command, 0o755)
    const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` }
    return commands.map((line) => {
      const { status, stdout, stderr } = spawnSync('sh', ['-c', line], { cwd, env, encoding: 'utf8' })
      if (status !== 0) throw new Error(`${line}: exit status ${status}: ${stderr}`)
      return withoutSteps((stdout || stderr).trimEnd().split('\n'))
    })
  } finally {
    rmSync(home, { recursive: true })
  }
}

/** Of progress lines, which are many on a slow machine, only the last. */
function withoutSteps(lines: readonly string[]): string[] {
  const isProgress = (line: string | undefined) => line?.includes('ETA ')
  return lines.filter((line, i) => !(isProgress(line) && isProgress(lines[i + 1])))
}
