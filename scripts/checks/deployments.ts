import path from 'node:path'
import { ownedPlaces, type Platform, renderDeployments } from '../../packages/cli/deploy/deployments.ts'
import { compareFiles } from '../../packages/cli/deploy/files.ts'
import { readVersion } from '../../packages/cli/deploy/version.ts'

const platforms: readonly Platform[] = ['compose', 'kubernetes']

/** Where the files below `deploy/` are not what the definitions of the services say. */
export async function findDeploymentProblems(root: string): Promise<string[]> {
  const problems: string[] = []
  for (const platform of platforms) {
    const files = renderDeployments({ platform, topology: null, version: readVersion(root) })
    const found = await compareFiles(path.join(root, 'deploy', platform), files, ownedPlaces[platform])
    problems.push(...found.map((difference) => `deploy/${platform}/${difference}`))
  }
  if (problems.length > 0) problems.push('write them anew: npm run parley -- deploy compose, and deploy kubernetes')
  return problems
}
