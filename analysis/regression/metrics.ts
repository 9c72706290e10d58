import { z } from 'zod'
import type { CheckpointRecord } from '../measures/checkpoint.js'
import type { SampleMetrics } from '../measures/samples.js'

/**
 * A number with what is needed to tell it from another: a share with its independent trials, or a mean with its standard
 * error.
 */
export const metricSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('share'), value: z.number(), trials: z.number() }),
  z.strictObject({ kind: z.literal('mean'), value: z.number(), standardError: z.number() }),
])

export type Metric = z.output<typeof metricSchema>

/** Metrics by name: "validity 1" … "validity L", "copies", "test NELBO", "train NELBO". */
export type Metrics = Readonly<Record<string, Metric>>

/** What a baseline records of samples: node validity per level, and copies where training strings were given. */
export function metricsOfSamples({ levels, copies, samples }: SampleMetrics): Metrics {
  const validity = levels.map(
    ({ level, nodeValidity, nodeTrials }) =>
      [`validity ${level}`, { kind: 'share', value: nodeValidity, trials: nodeTrials }] as const,
  )
  return {
    ...Object.fromEntries(validity),
    ...(copies ? { copies: { kind: 'share', value: copies.rate, trials: samples } as const } : {}),
  }
}

/** What a baseline records of a checkpoint: its samples, and its losses in nats per string. */
export function metricsOfCheckpoint(record: CheckpointRecord): Metrics {
  const loss = ({ mean, standardError }: CheckpointRecord['test']) =>
    ({ kind: 'mean', value: mean, standardError }) as const
  return { ...metricsOfSamples(record), 'test NELBO': loss(record.test), 'train NELBO': loss(record.train) }
}
