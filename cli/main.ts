#!/usr/bin/env node
import '../train/runtime/telemetry.js'
import { readFileSync } from 'node:fs'
import yargs from 'yargs'
import { hideBin } from 'yargs/helpers'
import { InputError } from '../common/error.js'
import { analyseCommand } from './commands/analyse.js'
import { corpusCommand } from './commands/corpus.js'
import { doctorCommand } from './commands/doctor.js'
import { exportCommand } from './commands/export.js'
import { grammarCommand } from './commands/grammar.js'
import { reportCommand } from './commands/report.js'
import { sampleCommand } from './commands/sample.js'
import { studyCommand } from './commands/study.js'
import { trainCommand } from './commands/train.js'
import { packageRoot } from './package-root.js'

const { version } = JSON.parse(readFileSync(`${packageRoot}/package.json`, 'utf8')) as { version: string }

// A reader that closes the pipe early (head) has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

try {
  await yargs(hideBin(process.argv))
    .scriptName('pcfg-diffusion')
    .usage('$0 <command>\n\nWhen does a diffusion model learn a grammar, and when does it start to copy?')
    .command(grammarCommand)
    .command(corpusCommand)
    .command(trainCommand)
    .command(sampleCommand)
    .command(analyseCommand)
    .command(studyCommand)
    .command(reportCommand)
    .command(exportCommand)
    .command(doctorCommand)
    .completion('completion', 'print a bash or zsh completion script')
    .option('json', { type: 'boolean', default: false, global: true, describe: 'machine-readable output on stdout' })
    .demandCommand(1, 'name a command')
    .strict()
    .recommendCommands()
    .locale('en')
    .version(version)
    .alias('h', 'help')
    .wrap(Math.min(110, process.stdout.columns ?? 100))
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new UsageError(message)
    })
    .parseAsync()
} catch (error) {
  process.exitCode = report(error as Error)
}

/** One line on stderr: 2 for bad input, 1 for a failure. */
function report(error: Error): number {
  const bad = error instanceof InputError || error.name === 'UsageError'
  const [line = error.name] = error.message.split('\n').filter(Boolean)
  process.stderr.write(`error: ${bad ? error.message.replace(/\s*\n\s*/g, '; ') : line}\n`)
  if (!bad && process.env.PCFG_DIFFUSION_TRACE) process.stderr.write(`${error.stack}\n`)
  return bad ? 2 : 1
}

/** A flag or command that yargs refuses. */
class UsageError extends Error {
  override readonly name = 'UsageError'

  constructor(message: string) {
    super(`${message} (see --help)`)
  }
}
