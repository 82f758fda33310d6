import { readdir } from 'node:fs/promises'
import type { CreateStep, PostProcessingStep, StepTools } from '../application/pipeline.ts'

const folder = new URL('../application/steps/', import.meta.url)

/** The steps of these names, in order, from one file each. Throws when there is no such file, naming those there are. */
export function loadSteps(names: readonly string[], tools: StepTools): Promise<PostProcessingStep[]> {
  return Promise.all(names.map(async (name) => (await loadStep(name))(tools)))
}

async function loadStep(name: string): Promise<CreateStep> {
  const known = await stepNames()
  if (!known.includes(name)) {
    throw new Error(`there is no post-processing step '${name}'; there are: ${known.join(', ')}`)
  }
  const { createStep }: { createStep?: CreateStep } = await import(new URL(`${name}.ts`, folder).href)
  if (createStep === undefined) throw new Error(`steps/${name}.ts does not export createStep`)
  return createStep
}

export async function stepNames(): Promise<string[]> {
  const files = await readdir(folder)
  return files.filter((file) => file.endsWith('.ts')).map((file) => file.slice(0, -'.ts'.length))
}
