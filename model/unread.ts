import { InputError } from '../common/error.js'
import type { Process } from './denoiser.js'

/**
 * Throws InputError where a process would not read some of these options.
 *
 * @param nameOf what the field is called where the options came from
 */
export function refuseUnread(
  process: Process,
  options: Parameters<Process['unread']>[0],
  nameOf: (field: string) => string = (field) => field,
): void {
  const unread = process.unread(options)
  if (!unread) return
  const [field, value, expected] = unread
  throw new InputError(nameOf(field), value, expected)
}
