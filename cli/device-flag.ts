import type { Argv } from 'yargs'
import { DEVICES, type Device, defaultDevice } from '../train/runtime/node.js'
import { say } from './output.js'

export function withDevice<T>(yargs: Argv<T>) {
  return yargs.option('device', {
    choices: DEVICES,
    describe: 'where the network runs; default: cuda where its provider is installed, else cpu',
  })
}

/** The device asked for, or the best one here; the choice is said aloud. */
export function chooseDevice(asked: Device | undefined, quiet = false): Device {
  const device = asked ?? defaultDevice()
  if (!quiet) say(`device: ${device}${asked ? '' : ' (best available here)'}`)
  return device
}
