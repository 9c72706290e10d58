import { availableParallelism, cpus } from 'node:os'
import { examine } from '../../run/doctor.js'
import { defineCommand } from '../command.js'
import { printJson, printLine } from '../output.js'

export const doctorCommand = defineCommand({
  command: 'doctor',
  describe: 'what this machine can run: providers, versions, settings, measured speed',
  builder: (yargs) => yargs.example('$0 doctor', ''),
  handler: async (argv) => {
    const facts = {
      node: process.version,
      processor: cpus()[0]?.model ?? 'unknown',
      cores: availableParallelism(),
      ...(await examine()),
    }
    if (argv.json) return printJson(facts)
    for (const [name, value] of Object.entries(facts)) {
      if (name !== 'devices') printLine(`${name.padEnd(20)} ${value}`)
    }
    for (const { device, works, note } of facts.devices)
      printLine(`${device.padEnd(20)} ${works ? 'works' : 'no'}: ${note}`)
  },
})
