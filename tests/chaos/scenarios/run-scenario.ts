import { drain, rollingRestart } from './drain.ts'
import { oneKey } from './one-key.ts'
import { createResume } from './resume.ts'
import type { Scenario, ScenarioOptions, ScenarioResult } from './scenario.ts'

const responsesToResume = 1_000

export const scenarios: Readonly<Record<string, Scenario>> = {
  resume: createResume(responsesToResume),
  'one-key': oneKey,
  'rolling-restart': rollingRestart,
  drain,
}

/** Throws when there is no such scenario. */
export function runScenario(name: string, options: ScenarioOptions): Promise<ScenarioResult> {
  const scenario = Object.hasOwn(scenarios, name) ? scenarios[name] : undefined
  if (scenario === undefined) throw new Error(`there is no scenario ${name}: ${Object.keys(scenarios).join(', ')}`)
  return scenario(options)
}
