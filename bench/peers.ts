import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** Programs that train the same network, one file each in `bench/peers`. */
export const PEERS = {
  'PyTorch eager': 'torch_eager.py',
  'torch.compile': 'torch_compile.py',
  'JAX scan': 'jax_scan.py',
} as const

export type PeerName = keyof typeof PEERS

export const PEER_NAMES = Object.keys(PEERS) as readonly PeerName[]

/** Per optimiser step, what it came to. */
export interface Curve {
  readonly losses: readonly number[]
  /** Gradient norms before clipping. */
  readonly norms: readonly number[]
}

/** What a peer answers to one request. */
export interface Call extends Curve {
  /** Wall time per optimiser step. */
  readonly milliseconds: number
}

export interface Peer {
  /** Takes the steps of the next call. Throws where the program has ended, with the last error that it named. */
  run(): Promise<Call>
  stop(): void
}

/** A Python's peer on a problem file. */
export function pythonPeer(python: string, name: PeerName, problem: string): Peer {
  // -B: no compiled files among the sources.
  return startPeer(python, ['-B', join(process.cwd(), 'bench/peers', PEERS[name]), problem])
}

/** A program that answers a line of JSON to every line it reads. */
export function startPeer(program: string, args: readonly string[]): Peer {
  const child = spawn(program, args, { stdio: 'pipe' })
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk
  })
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve())
    child.once('error', (error) => {
      errors += error.message
      resolve()
    })
  })
  // A program that has ended says so by its silence.
  child.stdin.on('error', () => {})
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async run() {
      child.stdin.write('run\n')
      const { value, done } = await lines.next()
      if (!done) return JSON.parse(value)
      await ended
      throw new Error(named(errors))
    },
    stop: () => child.stdin.end(),
  }
}

/** The error that a program's last traceback ends with, or its last line. */
function named(errors: string): string {
  const lines = errors.trim().split('\n')
  return (
    lines.findLast((line) => /^[\w.]*(Error|Exception|Exit)\b/.test(line)) ?? (lines.at(-1) || 'it ended')
  )
}
