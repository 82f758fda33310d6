import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { dashboardFiles } from '../dashboards/all.ts'

/** Where the files below `deploy/grafana/dashboards` are not what the definitions say. */
export async function findDashboardProblems(root: string): Promise<string[]> {
  const folder = path.join(root, 'deploy', 'grafana', 'dashboards')
  const expected = dashboardFiles()
  const found = await readdir(folder)
  const problems: string[] = []
  for (const [name, text] of expected) {
    if (!found.includes(name)) problems.push(`deploy/grafana/dashboards/${name} is missing`)
    else if ((await readFile(path.join(folder, name), 'utf8')) !== text) {
      problems.push(`deploy/grafana/dashboards/${name} is not what scripts/dashboards says`)
    }
  }
  const extra = found.filter((name) => !expected.has(name))
  problems.push(...extra.map((name) => `deploy/grafana/dashboards/${name} belongs to no definition`))
  if (problems.length > 0) problems.push('write them anew: npm run dashboards')
  return problems
}
