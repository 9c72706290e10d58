import type { ArgumentsCamelCase, Argv, CommandModule } from 'yargs'

/** What yargs asks of a command, whose handler gets the flags that its builder declares. */
interface Command<Flags> {
  readonly command: string
  readonly aliases?: readonly string[]
  readonly describe: string
  readonly builder: (yargs: Argv<{ json: boolean }>) => Argv<Flags>
  readonly handler: (flags: ArgumentsCamelCase<Flags>) => void | Promise<void>
}

/** A command as yargs takes it, which no longer knows the types of its flags. */
export function defineCommand<Flags>(command: Command<Flags>): CommandModule {
  return command as unknown as CommandModule
}

/** A flag that holds text; numbers are read from it, so that bad ones are refused and not NaN. */
export function text(describe: string) {
  return { type: 'string', describe } as const
}

/** The same, which must be given. */
export function required(describe: string) {
  return { type: 'string', demandOption: true, describe } as const
}

/** A flag that is off unless given. */
export function toggle(describe: string) {
  return { type: 'boolean', default: false, describe } as const
}
