// npm run tools              says which tools there are and which of them are here
// npm run tools -- k6 …      gets or builds these into .cache/tools
import path from 'node:path'
import { actionlint } from './tools/actionlint.ts'
import { composeSpec } from './tools/compose-spec.ts'
import { consul } from './tools/consul.ts'
import { pathWithGo } from './tools/go-path.ts'
import { k6 } from './tools/k6.ts'
import { kubeApiserver } from './tools/kube-apiserver.ts'
import { prometheus } from './tools/prometheus.ts'
import type { Tool } from './tools/tool.ts'

/** Tools that take minutes to get, so that nothing gets them unasked. */
const tools: readonly Tool[] = [actionlint, composeSpec, consul, k6, kubeApiserver, prometheus]

const folder = path.join(path.dirname(import.meta.dirname), '.cache', 'tools')
const names = process.argv.slice(2)
const unknown = names.filter((name) => !tools.some((tool) => tool.name === name))

if (unknown.length > 0) {
  console.error(`there is no tool ${unknown.join(', ')}: ${tools.map(({ name }) => name).join(', ')}`)
  process.exitCode = 2
} else if (names.length === 0) {
  for (const { name, description, find } of tools) {
    console.log(`${name.padEnd(12)} ${find(folder) === null ? 'absent' : 'here  '}  ${description}`)
  }
} else {
  process.env['PATH'] = pathWithGo(process.env['PATH'] ?? '')
  for (const tool of tools.filter(({ name }) => names.includes(name))) {
    try {
      console.log(`${tool.name}: ${tool.find(folder) ?? (await tool.get(folder))}`)
    } catch (error) {
      console.error(error instanceof Error ? error.message : String(error))
      process.exitCode = 1
    }
  }
}
