// npm run dashboards   writes deploy/grafana/dashboards from the definitions in scripts/dashboards
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { dashboardFiles } from './dashboards/all.ts'

const folder = path.join(path.dirname(import.meta.dirname), 'deploy', 'grafana', 'dashboards')
const files = dashboardFiles()
await mkdir(folder, { recursive: true })
for (const name of await readdir(folder)) if (!files.has(name)) await rm(path.join(folder, name))
for (const [name, text] of files) await writeFile(path.join(folder, name), text)
console.log(`${files.size} dashboards written`)
