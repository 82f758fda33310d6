import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import type { CreateStep } from '../application/pipeline.ts'
import { chunked, processed } from './application/steps/harness.ts'

const root = path.resolve(import.meta.dirname, '../../..')

test('the step of the guide works as the guide says', async (t: TestContext) => {
  const createStep = await stepOfGuide(t)
  const step = createStep({ schemas: { problem: () => null }, redactionPatterns: [] })
  await fc.assert(
    fc.asyncProperty(chunked(fc.string()), async ({ text, deltas }) => {
      return (await processed(step, deltas)) === `${text}\n\nThank you for asking.`
    }),
  )
})

/** Puts the code of the guide beside a copy of what it imports, where it would be in the service. */
async function stepOfGuide(t: TestContext): Promise<CreateStep> {
  const guide = await readFile(path.join(root, 'docs/guides/add-a-post-processing-step.md'), 'utf8')
  const [, code] = /```ts\n(import[\s\S]*?createStep[\s\S]*?)```/.exec(guide) ?? []
  if (code === undefined) throw new Error('the guide has no step')
  const folder = await mkdtemp(path.join(tmpdir(), 'parley-guide-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const steps = path.join(folder, 'application/steps')
  await mkdir(steps, { recursive: true })
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'))
  for (const file of ['pipeline.ts', 'transform-text.ts']) {
    await cp(path.join(import.meta.dirname, '../application', file), path.join(folder, 'application', file))
  }
  await writeFile(path.join(folder, 'package.json'), '{ "type": "module" }')
  await writeFile(path.join(steps, 'signature.ts'), code)
  const { createStep }: { createStep: CreateStep } = await import(path.join(steps, 'signature.ts'))
  return createStep
}
