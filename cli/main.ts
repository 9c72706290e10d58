#!/usr/bin/env node
import '../train/runtime/telemetry.js'
import { readFileSync } from 'node:fs'
import yargs, { type CommandModule } from 'yargs'
import { hideBin } from 'yargs/helpers'
import { InputError } from '../common/error.js'
import { packageRoot } from './package-root.js'

/** A flag or command that yargs refuses. */
class UsageError extends Error {
  override readonly name = 'UsageError'

  constructor(message: string) {
    super(`${message} (see --help)`)
  }
}

/** Each command's module, loaded when it is named: plotting and inference libraries take half a second. */
const COMMANDS: Readonly<Record<string, () => Promise<CommandModule>>> = {
  grammar: async () => (await import('./commands/grammar.js')).grammarCommand,
  corpus: async () => (await import('./commands/corpus.js')).corpusCommand,
  parse: async () => (await import('./commands/questions.js')).parseCommand,
  logprob: async () => (await import('./commands/questions.js')).logprobCommand,
  posterior: async () => (await import('./commands/questions.js')).posteriorCommand,
  'edit-distance': async () => (await import('./commands/questions.js')).editDistanceCommand,
  oracle: async () => (await import('./commands/oracle.js')).oracleCommand,
  train: async () => (await import('./commands/train.js')).trainCommand,
  sample: async () => (await import('./commands/sample.js')).sampleCommand,
  analyse: async () => (await import('./commands/analyse.js')).analyseCommand,
  study: async () => (await import('./commands/study.js')).studyCommand,
  report: async () => (await import('./commands/report.js')).reportCommand,
  stop: async () => (await import('./commands/stop.js')).stopCommand,
  baseline: async () => (await import('./commands/check.js')).baselineCommand,
  check: async () => (await import('./commands/check.js')).checkCommand,
  export: async () => (await import('./commands/export.js')).exportCommand,
  doctor: async () => (await import('./commands/doctor.js')).doctorCommand,
}

/** One line on stderr: 2 for bad input, 1 for a failure. */
function report(error: Error): number {
  const bad = error instanceof InputError || error instanceof UsageError
  const line = error.message.split('\n').filter(Boolean).join('; ') || error.name
  process.stderr.write(`error: ${line}\n`)
  return bad ? 2 : 1
}

async function main(args: readonly string[]): Promise<void> {
  const { version } = JSON.parse(readFileSync(`${packageRoot}/package.json`, 'utf8')) as { version: string }
  const named = COMMANDS[args[0] ?? '']
  const commands = await Promise.all((named ? [named] : Object.values(COMMANDS)).map((load) => load()))
  let parser = yargs([...args])
    .scriptName('pcfg-diffusion')
    .usage('$0 <command>\n\nWhen does a diffusion model learn a grammar, and when does it start to copy?')
    .option('json', {
      type: 'boolean',
      default: false,
      global: true,
      describe: 'machine-readable output on stdout',
    })
  for (const command of commands) parser = parser.command(command)
  await parser
    .completion('completion', 'print a bash or zsh completion script')
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
}

// A reader that closes the pipe early (head) has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

try {
  await main(hideBin(process.argv))
} catch (error) {
  process.exitCode = report(error as Error)
}
