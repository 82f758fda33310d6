import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseOptions, USAGE } from './options.ts'
import { hasFailures } from './outcome.ts'
import { withTable } from './report/document.ts'
import { toMarkdown } from './report/table.ts'
import { documentFile, resultsFolder } from './rig/folders.ts'
import { installClients } from './rig/install.ts'
import { runProof } from './rig/run-proof.ts'

try {
  const options = parseOptions(process.argv.slice(2))
  await installClients()
  const proof = await runProof(options, (line) => process.stdout.write(`${line}\n`))
  process.stdout.write(`\n${toMarkdown(proof)}\n`)
  await mkdir(resultsFolder, { recursive: true })
  await writeFile(join(resultsFolder, `${options.topology}.json`), `${JSON.stringify(proof, null, 2)}\n`)
  if (options.writesTable) await writeFile(documentFile, withTable(await readFile(documentFile, 'utf8'), proof))
  process.exitCode = hasFailures(proof) ? 1 : 0
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n${USAGE}\n`)
  process.exitCode = 1
}
