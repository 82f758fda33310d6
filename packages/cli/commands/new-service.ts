import { fileURLToPath } from 'node:url'
import { planService, type ServicePlan } from '../new-service/plan-service.ts'
import { derived, rewriteDerived } from '../new-service/rewrite-derived.ts'
import { formsOf } from '../new-service/service-name.ts'
import { writeService } from '../new-service/write-service.ts'

export type NewService =
  | { readonly status: 'created' | 'planned'; readonly text: string }
  | { readonly status: 'refused'; readonly problem: string }

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Adds a service to this repository, or only says which files that takes. */
export async function newService(name: string, { dryRun }: { dryRun: boolean }): Promise<NewService> {
  const planned = planService(root, name)
  if (planned.status === 'refused') return planned
  if (dryRun) return { status: 'planned', text: listOf(planned.plan) }
  await writeService(root, name, planned.plan)
  await rewriteDerived(root)
  return { status: 'created', text: `${listOf(planned.plan)}\n\n${nextSteps(name)}` }
}

function listOf({ created, changed }: ServicePlan): string {
  return [
    ...[...created.keys()].map((file) => `create  ${file}`),
    ...[...changed.keys()].map((file) => `change  ${file}`),
    ...derived.map(({ what }) => `rewrite ${what}`),
  ].join('\n')
}

function nextSteps(name: string): string {
  const { NAME } = formsOf(name)
  return [
    `${name} runs in every process that hosts all services. What to do with it:`,
    `  npm test -- services/${name}          its tests`,
    '  npm run parley -- topology            where it would run',
    `  SERVICES=${name} npm start …          run it alone; the others find it by ${NAME}_SERVICE_URL`,
    '  docs/guides/add-a-service.md          how to make it yours',
  ].join('\n')
}
