import type { Curve, Peer } from './peers.js'

/** Relative. Over eight steps right peers are apart by up to 1.3e-6; of errors, a GELU by tanh is the least that is caught, 2e-5 apart. */
const TOLERANCE = 1e-5

/** Why a peer is not timed. */
export type Disagreement =
  /** The Python cannot run it. */
  | { readonly kind: 'skipped'; readonly why: string }
  /** It computes something else. */
  | { readonly kind: 'refused'; readonly why: string }

/** Whether a peer repeats our first steps; asked before it is timed, by calls that also compile it. */
export async function verify(
  peer: Pick<Peer, 'run'>,
  ours: Curve,
): Promise<{ readonly kind: 'agrees'; readonly difference: number } | Disagreement> {
  const losses: number[] = []
  const norms: number[] = []
  try {
    while (losses.length < ours.losses.length) {
      const call = await peer.run()
      losses.push(...call.losses)
      norms.push(...call.norms)
    }
  } catch (error) {
    return { kind: 'skipped', why: (error as Error).message }
  }
  const apart = difference(ours, { losses, norms })
  if (apart < TOLERANCE) return { kind: 'agrees', difference: apart }
  return { kind: 'refused', why: `losses or gradient norms differ by ${apart.toExponential(1)}` }
}

/** Largest relative difference of two curves over the steps of the first; NaN where the other is shorter or not finite. */
function difference(ours: Curve, theirs: Curve): number {
  const pairs = (['losses', 'norms'] as const).flatMap((of) => ours[of].map((a, i) => [a, theirs[of][i]!]))
  return Math.max(...pairs.map(([a, b]) => Math.abs(b! - a!) / Math.abs(a!)))
}
