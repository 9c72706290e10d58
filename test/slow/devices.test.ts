import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

/** A software Vulkan device that Debian's chromium package brings: WebGPU without a GPU. */
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json'
const missing = existsSync(SWIFTSHADER)
  ? ''
  : ` [skipped: ${SWIFTSHADER} not found; apt-get install chromium libvulkan1]`

test.skipIf(missing)(`three steps on WebGPU equal three on the CPU within 1e-5${missing}`, async () => {
  // A process of its own: the Vulkan loader reads its environment once.
  const module = resolve(import.meta.dirname, '../../dist/run/one-step.js')
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

test.skipIf(missing)(
  `a run on WebGPU that stops and continues makes the same bits (law 11)${missing}`,
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'webgpu-'))
    const program = resolve(import.meta.dirname, '../../dist/cli/main.js')
    const flags =
      '--v 4 --m 2 --s 2 --L 2 --P 8 --Q 4 --layers 1 --width 8 --steps 6 --checkpoints 2 --device webgpu'
    const env = { ...process.env, VK_ICD_FILENAMES: SWIFTSHADER, XDG_RUNTIME_DIR: '/tmp' }
    const cli = (...args: string[]) =>
      promisify(execFile)(process.execPath, [program, ...args], { env, cwd: directory })
    const set = ['--set', 'checkpoints.first=3']
    const bits = () => readFileSync(join(directory, 'run/checkpoints/step-00000006.safetensors'))
    await cli('train', 'run', ...flags.split(' '), ...set)
    const straight = bits()
    // As a kill between the two checkpoints leaves it.
    for (const name of readdirSync(join(directory, 'run/checkpoints'))) {
      if (name.startsWith('step-00000006')) rmSync(join(directory, 'run/checkpoints', name))
    }
    await cli('train', 'run', '--device', 'webgpu')
    expect(bits()).toEqual(straight)
    rmSync(directory, { recursive: true })
  },
)
