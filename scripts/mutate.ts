/**
 * npm run mutate -- FILES… [TESTS…]: mutates files or folders of pure rooms, then brings docs/mutation.md up to date. Where test files
 * or their folders are named, mutants meet these alone. Everything else goes to the command line of Stryker.
 */

import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const resolver = createRequire(import.meta.url)
const words = process.argv.slice(2)
/** Without the lines that may stand behind it: FILE:12-20. */
const pathOf = (word: string) => resolve(root, word.replace(/:\d.*$/, ''))
const paths = words.filter((word) => existsSync(pathOf(word)))
const patterns = paths.map((path) => (statSync(pathOf(path)).isDirectory() ? `${path}/**/*.ts` : path))
const tests = patterns.filter((pattern) => pattern.startsWith('test/'))
const mutated = patterns.filter((pattern) => !pattern.startsWith('test/'))
if (mutated.length === 0) {
  console.error('npm run mutate -- FILES… [TESTS…]: such as analysis/laws test/analysis/laws.test.ts')
  process.exit(2)
}

const stryker = resolve(dirname(resolver.resolve('@stryker-mutator/core/package.json')), 'bin/stryker.js')
const options = ['--mutate', mutated.join(','), ...(tests.length ? ['--testFiles', tests.join(',')] : [])]
const run = (program: string, ...args: readonly string[]) =>
  spawnSync(process.execPath, [program, ...args], { cwd: root, stdio: 'inherit' }).status ?? 1
const rest = words.filter((word) => !paths.includes(word))
process.exitCode =
  run(stryker, 'run', ...options, ...rest) || run(resolver.resolve('tsx/cli'), 'scripts/mutation-table.ts')
