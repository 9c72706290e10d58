import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

/** A software Vulkan device that Debian's chromium package brings: WebGPU without a GPU. */
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json'
const missing = existsSync(SWIFTSHADER)
  ? ''
  : ` [skipped: ${SWIFTSHADER} not found; apt-get install chromium libvulkan1]`

test.skipIf(missing)(`three steps on WebGPU equal three on the CPU within 1e-5${missing}`, async () => {
  // A process of its own: the Vulkan loader reads its environment once.
  const module = resolve(import.meta.dirname, '../../dist/train/one-step.js')
  const script = `import('${module}').then(async (m) => console.log(JSON.stringify(await m.compareWithCpu('webgpu', 3))))`
  const env = { ...process.env, VK_ICD_FILENAMES: SWIFTSHADER, XDG_RUNTIME_DIR: '/tmp' }
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], { env })
  const { gradient, losses } = JSON.parse(stdout.trim().split('\n').at(-1)!) as {
    gradient: number
    losses: number
  }
  expect(gradient).toBeLessThan(1e-5)
  expect(losses).toBeLessThan(1e-5)
})
