// npm run contracts -- record                       writes what this version of every service promises and expects
// npm run contracts -- can-i-deploy deployed.json   says whether it can run beside what is deployed (exit code 1: no)
//   --service session,gpt                           only these are to be replaced; otherwise all
// npm run contracts -- merge deployed.json          writes what is deployed afterwards
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { services } from '../apps/all-in-one/services.ts'
import { type DeployedContracts, recordContracts, replaceServices } from './contracts/deployed-contracts.ts'
import { deploymentProblems } from './contracts/deployment-problems.ts'

const root = path.dirname(import.meta.dirname)
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { service: { type: 'string' }, version: { type: 'string' } },
})
const [command, file] = positionals
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string }
const candidate = recordContracts(services, values.version ?? version)
const names = values.service?.split(',') ?? candidate.services.map(({ service }) => service)

if (command === 'record') {
  console.log(JSON.stringify(candidate))
} else if (command === 'can-i-deploy' && file !== undefined) {
  const problems = deploymentProblems(readRecord(file), candidate, names)
  for (const problem of problems) console.error(problem)
  if (problems.length === 0)
    console.log(`yes: ${names.join(', ')} of ${values.version ?? version} fit what is deployed`)
  else process.exitCode = 1
} else if (command === 'merge' && file !== undefined) {
  console.log(JSON.stringify(replaceServices(readRecord(file), candidate, names)))
} else {
  console.error('npm run contracts -- record | can-i-deploy <file> | merge <file>')
  process.exitCode = 2
}

function readRecord(from: string): DeployedContracts {
  return JSON.parse(readFileSync(path.resolve(process.env.INIT_CWD ?? '.', from), 'utf8')) as DeployedContracts
}
