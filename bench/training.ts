import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeRuntime } from '../train/runtime/node.js'
import { createStepper, type Stepper } from '../train/stepper.js'
import { startState } from '../train/training.js'
import { interleaved, median } from './measure.js'
import { type Curve, PEER_NAMES, type Peer, type PeerName, pythonPeer } from './peers.js'
import { problemOf } from './problem.js'
import { assemblyOf, type Size } from './sizes.js'
import { type Disagreement, verify } from './verify.js'

/** Steps over which a peer must agree with us before it is timed. */
const CHECKED = 8

/** A peer beside us. */
export type Outcome =
  | {
      readonly kind: 'timed'
      readonly milliseconds: number
      /** Its time over ours: median, smallest and largest of the rounds. */
      readonly ratio: number
      readonly range: readonly [number, number]
      /** Largest relative difference of losses and gradient norms, over the steps that were compared. */
      readonly difference: number
    }
  | Disagreement

/** One size's line. */
export interface Comparison {
  readonly size: string
  /** Ours, per optimiser step. */
  readonly milliseconds: number
  /** Share of rows that carry loss: the others we leave out after the last attention. */
  readonly lossRows: number
  readonly peers: Readonly<Partial<Record<PeerName, Outcome>>>
  /** Of PyTorch eager's ratio. */
  readonly target: string
}

/** Our training step, interleaved with those of the peers that a Python has and that agree with us. */
export async function compare(
  name: string,
  size: Size,
  rounds: number,
  python: string | undefined,
): Promise<Comparison> {
  const assembly = assemblyOf(size)
  const { training } = assembly
  const start = startState(training, '0')
  const { file, lossRows } = problemOf(assembly, start, Math.ceil(CHECKED / size.steps), size.steps)
  const stepper = await createStepper(training, start, nodeRuntime('cpu'))
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  const started: Peer[] = []
  try {
    const problem = join(folder, 'problem.safetensors')
    writeFileSync(problem, file)
    const truth = await ourCurve(stepper)
    const peers: Partial<Record<PeerName, Outcome>> = {}
    const agreeing: { readonly name: PeerName; readonly peer: Peer; readonly difference: number }[] = []
    for (const peerName of python === undefined ? [] : PEER_NAMES) {
      const peer = pythonPeer(python!, peerName, problem)
      started.push(peer)
      const verdict = await verify(peer, truth)
      if (verdict.kind === 'agrees') agreeing.push({ name: peerName, peer, difference: verdict.difference })
      else peers[peerName] = verdict
    }

    const ours = () => millisecondsOf(stepper, size.steps)
    const theirs = agreeing.map(
      ({ peer }) =>
        () =>
          peer.run().then(({ milliseconds }) => milliseconds),
    )
    const [own, ...others] = await interleaved(rounds, [ours, ...theirs])
    agreeing.forEach(({ name, difference }, i) => {
      peers[name] = { kind: 'timed', difference, ...against(own!, others[i]!) }
    })
    return { size: name, milliseconds: median(own!), lossRows, peers, target: size.target }
  } finally {
    for (const peer of started) peer.stop()
    await stepper.release()
    rmSync(folder, { recursive: true })
  }
}

/** The timed peer that takes the least of our time, if any. */
export function fastest({ peers }: Pick<Comparison, 'peers'>): PeerName | undefined {
  const timed = PEER_NAMES.flatMap((name) => {
    const outcome = peers[name]
    return outcome?.kind === 'timed' ? [{ name, ratio: outcome.ratio }] : []
  })
  return timed.sort((a, b) => a.ratio - b.ratio)[0]?.name
}

async function ourCurve(stepper: Stepper): Promise<Curve> {
  const records = []
  for (let step = 0; step < CHECKED; step++) records.push(await stepper.advance(1))
  return { losses: records.map(({ loss }) => loss), norms: records.map(({ norm }) => norm) }
}

/** Per step of one call. */
async function millisecondsOf(stepper: Stepper, steps: number): Promise<number> {
  const started = performance.now()
  await stepper.advance(steps)
  return (performance.now() - started) / steps
}

function against(ours: readonly number[], theirs: readonly number[]) {
  const ratios = theirs.map((time, round) => time / ours[round]!)
  const range = [Math.min(...ratios), Math.max(...ratios)] as const
  return { milliseconds: median(theirs), ratio: median(ratios), range }
}
