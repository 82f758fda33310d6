import { AppError } from '@parley/chassis/values/errors.ts'
import type { GenerationStep } from '@parley/kernel/frames.ts'
import type { TextFormat } from '@parley/kernel/generation.ts'
import { type Item, itemText } from '@parley/kernel/items.ts'
import { createJsonExtractor } from '../json-extraction.ts'
import type { CreateStep, StepTools } from '../pipeline.ts'
import { transformText } from '../transform-text.ts'

/**
 * When a request asks for JSON, takes away what a model puts around it and checks the rest. An answer that starts as
 * JSON streams as it comes; anything else is held until the JSON in it can be told.
 */
export const createStep: CreateStep = (tools) => {
  const extract = transformText(createJsonExtractor)
  return ({ textFormat }) =>
    textFormat === null || textFormat.type === 'text' ? null : (steps) => checked(extract(steps), textFormat, tools)
}

/**
 * Throws OUTPUT_INVALID at the end of an answer that is not what was asked for. An answer that was cut off, that refuses
 * or that calls a function is none of these.
 */
async function* checked(
  steps: AsyncIterable<GenerationStep>,
  format: TextFormat,
  tools: StepTools,
): AsyncGenerator<GenerationStep> {
  let problem: string | null = null
  for await (const step of steps) {
    if (step.type === 'item-end') problem ??= problemOf(step.item, format, tools)
    if (step.type === 'generation-end' && step.finish === 'stop' && problem !== null) {
      throw new AppError('OUTPUT_INVALID', `The model did not answer with the JSON that was asked for: ${problem}.`)
    }
    yield step
  }
}

function problemOf(item: Item, format: TextFormat, { schemas }: StepTools): string | null {
  if (item.type !== 'message' || item.content.some((part) => part.type === 'refusal')) return null
  const parsed = parse(itemText(item))
  if (parsed === undefined) return 'it is not JSON'
  if (format.type === 'json_schema') return schemas.problem(format.schema, parsed.value)
  const isObject = typeof parsed.value === 'object' && parsed.value !== null && !Array.isArray(parsed.value)
  return isObject ? null : 'it is not an object'
}

function parse(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}
