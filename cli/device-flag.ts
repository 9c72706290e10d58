import type { Argv } from 'yargs'
import { defaultDevice, requireDevice } from '../train/runtime/node.js'
import { DEVICES, type Device } from '../train/runtime/runtime.js'
import { say } from './output.js'

export function withDevice<T>(yargs: Argv<T>) {
  return yargs.option('device', {
    choices: DEVICES,
    describe: 'where the network runs; default: cuda where its provider is installed, else cpu',
  })
}

/**
 * The device asked for, or the best one here; the choice is said aloud. Throws InputError where it is missing, before anything
 * is written.
 */
export async function chooseDevice(asked: Device | undefined, quiet = false): Promise<Device> {
  const device = asked ?? defaultDevice()
  await requireDevice(device)
  if (!quiet) say(`device: ${device}${asked ? '' : ' (best available here)'}`)
  return device
}
