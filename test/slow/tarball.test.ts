import { execFile } from 'node:child_process'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { collectExamples, root } from '../examples/collect.js'

const run = promisify(execFile)
const project = mkdtempSync(join(tmpdir(), 'tarball-'))
afterAll(() => rmSync(project, { recursive: true }))

/** The library as the README shows it. */
const SCRIPT = `import { writeFile } from 'node:fs/promises'
import { figures, toSvg } from 'pcfg-diffusion/report'
import { createRun } from 'pcfg-diffusion/run'

const run = await createRun('runs/a', { grammar: { v: 8, m: 2, s: 2, L: 3 }, corpus: { train: 64 } })
await run.train()
await run.analyse()
await writeFile('a.svg', await toSvg(figures.validity([run.summary()])))
`
const UNREACHABLE = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENOTCACHED)\b/

test('the packed build installs into a new project, type-checks there and runs', async ({ skip }) => {
  // 1. A project that knows the package from its tarball only.
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', project], {
    cwd: root,
  })
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }]
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }')
  const install = ['install', filename, '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts']
  await run('npm', install, { cwd: project }).catch((error: Error) => {
    if (UNREACHABLE.test(error.message)) skip('the npm registry cannot be reached')
    throw error
  })

  // 2. Its types hold under a strict compiler, libraries' own included: for the script, every program and every example.
  const programs = readdirSync(join(root, 'examples'))
  for (const name of programs) copyFileSync(join(root, 'examples', name), join(project, name))
  for (const [i, { title, code }] of collectExamples().entries())
    writeFileSync(join(project, `example-${i}.ts`), `// ${title}\n${code}\nexport {}\n`)
  writeFileSync(join(project, 'a.ts'), SCRIPT)
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2023',
    strict: true,
    noEmit: true,
    types: ['node'],
  }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
  const compiled = run(process.execPath, [tsc, '-p', project]).then(
    () => '',
    (error: { stdout: string }) => error.stdout,
  )
  expect(await compiled).toBe('')

  // 3. It runs.
  writeFileSync(join(project, 'a.mjs'), SCRIPT)
  await run(process.execPath, ['a.mjs'], { cwd: project })
  expect(readFileSync(join(project, 'a.svg'), 'utf8')).toMatch(/^<svg.*level 3.*<\/svg>\s*$/s)
}, 300_000)
