import type { Verdict } from './analyse.ts'
import { canaryName, canaryOf, type Deployment, promotionOf } from './canary.ts'

/** Runs kubectl; resolves to what it wrote, rejects with what it said when it fails. */
export type Kubectl = (args: readonly string[], input?: string) => Promise<string>

export interface RollOutOptions {
  readonly kubectl: Kubectl
  /** The name of the Deployment: `gateway`. */
  readonly process: string
  readonly image: string
  /** Looks at the new version: while it gets a share, and again when it has everything. */
  readonly analyse: (stage: 'canary' | 'promoted') => Promise<Verdict>
  readonly tell: (line: string) => void
}

const readyTimeout = '--timeout=5m'

/**
 * Gives a new image to one pod, then to all:
 *
 *   canary ──well──▶ promoted ──well──▶ done
 *      └─anything else─▶ canary away      └─anything else─▶ the version before, by Kubernetes' own history
 *
 * Resolves to false when the present version was kept or brought back.
 */
export async function rollOut(options: RollOutOptions): Promise<boolean> {
  const { kubectl, process, image, tell } = options
  const present = JSON.parse(await kubectl(['get', `deployment/${process}`, '--output=json'])) as Deployment
  const canary = `deployment/${canaryName(process)}`
  try {
    await kubectl(['apply', '--filename=-'], JSON.stringify(canaryOf(present, image)))
    tell(`${process}: one pod with ${image}`)
    if (!(await isWell(options, canary, 'canary'))) return false
    await kubectl(['patch', `deployment/${process}`, `--patch=${JSON.stringify(promotionOf(present, image))}`])
    tell(`${process}: all pods with ${image}`)
  } finally {
    await kubectl(['delete', canary, '--ignore-not-found', '--wait=false'])
  }
  if (await isWell(options, `deployment/${process}`, 'promoted')) return true
  await kubectl(['rollout', 'undo', `deployment/${process}`])
  await kubectl(['rollout', 'status', `deployment/${process}`, readyTimeout])
  tell(`${process}: the version before is back`)
  return false
}

async function isWell(
  { kubectl, analyse, tell, process }: RollOutOptions,
  deployment: string,
  stage: 'canary' | 'promoted',
): Promise<boolean> {
  try {
    await kubectl(['rollout', 'status', deployment, readyTimeout])
  } catch (error) {
    tell(`${process}: ${error instanceof Error ? error.message : error}`)
    return false
  }
  const { decision, reasons } = await analyse(stage)
  for (const reason of reasons) tell(`${process}: ${reason}`)
  tell(`${process}: ${stage} → ${decision}`)
  return decision === 'promote'
}
