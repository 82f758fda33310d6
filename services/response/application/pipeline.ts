import type { GenerationStep } from '@parley/kernel/frames.ts'
import type { TextFormat } from '@parley/kernel/generation.ts'
import type { SchemaValidator } from './ports.ts'

/**
 * Post-processing: ordered steps, each of which sees the stream of one response and may change it. A step lives in
 * `steps/<name>.ts`, exports `createStep`, and is switched on by its name.
 *
 * What a step passes on must keep the grammar of generation steps: the deltas of an item concatenate to what its
 * `item-end` carries, and `generation-end` is last. `transformText` keeps it for steps that only rewrite text.
 */
export type CreateStep = (tools: StepTools) => PostProcessingStep

/** Called once per response: its transformation, or null when the step has nothing to do there and must cost nothing. */
export type PostProcessingStep = (response: StepContext) => StreamTransform | null

export type StreamTransform = (steps: AsyncIterable<GenerationStep>) => AsyncIterable<GenerationStep>

/** What a step may know of the response it works on. */
export interface StepContext {
  readonly responseId: string
  readonly tenant: string
  readonly model: string
  readonly textFormat: TextFormat | null
}

/** What a step may be made with. */
export interface StepTools {
  readonly schemas: SchemaValidator
  /** Names of the patterns that `redaction` looks for. */
  readonly redactionPatterns: readonly string[]
}

export type Pipeline = (response: StepContext, steps: AsyncIterable<GenerationStep>) => AsyncIterable<GenerationStep>

/** Chains the steps in their order; the first one sees what the model wrote. */
export function createPipeline(steps: readonly PostProcessingStep[]): Pipeline {
  return function postProcess(response, source) {
    let stream = source
    for (const step of steps) stream = step(response)?.(stream) ?? stream
    return stream
  }
}
