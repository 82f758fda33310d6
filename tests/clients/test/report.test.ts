import { readFile } from 'node:fs/promises'
import { type TestContext, test } from 'node:test'
import { clients } from '../clients.ts'
import { parseOptions } from '../options.ts'
import type { CheckOutcome, ClientOutcome, ProofOutcome } from '../outcome.ts'
import { hasFailures } from '../outcome.ts'
import { withTable } from '../report/document.ts'
import { markOf, toMarkdown } from '../report/table.ts'
import { documentFile } from '../rig/folders.ts'

const passed: CheckOutcome = { capability: 'plain', name: 'it answers', status: 'passed', reason: null, durationMs: 1 }
const failed: CheckOutcome = { ...passed, capability: 'tools', name: 'it calls', status: 'failed', reason: 'no\ncall' }

function outcomeOf(checks: readonly CheckOutcome[], skipped: string | null = null): ClientOutcome {
  const client = { id: 'some', title: 'Some client', runtime: 'node', package: 'some', lacks: {} } as const
  return { client, version: '1.2.3', skipped, checks }
}

function proofOf(...outcomes: ClientOutcome[]): ProofOutcome {
  return { topology: 'one', date: '2026-01-02', clients: outcomes }
}

test('a capability is marked by all of its checks', (t: TestContext) => {
  const outcome = outcomeOf([passed, failed, { ...passed, capability: 'tools' }])
  t.assert.equal(markOf(outcome, 'plain'), '✓')
  t.assert.equal(markOf(outcome, 'tools'), '✗')
  t.assert.equal(markOf(outcome, 'memory'), '–')
})

test('what a client does otherwise is marked and told', (t: TestContext) => {
  const { client, ...rest } = outcomeOf([passed, failed])
  const differing = { ...rest, client: { ...client, differs: { plain: 'it hums', tools: 'it hops' } } }
  t.assert.deepEqual([markOf(differing, 'plain'), markOf(differing, 'tools')], ['(✓)', '✗'])
  t.assert.match(toMarkdown(proofOf(differing)), /^- \(✓\) Some client, plain: it hums$/m)
})

test('what failed and what did not run is told with its reason', (t: TestContext) => {
  const text = toMarkdown(proofOf(outcomeOf([passed, failed]), outcomeOf([], 'no python3')))
  t.assert.match(text, /^\| Some client \| 1\.2\.3 \| ✓ \| – \| ✗ \|/m)
  t.assert.match(text, /^- ✗ Some client, tools: it calls: no call$/m)
  t.assert.match(text, /^- – Some client: no python3$/m)
})

test('one failed check fails the run', (t: TestContext) => {
  t.assert.equal(hasFailures(proofOf(outcomeOf([passed]))), false)
  t.assert.equal(hasFailures(proofOf(outcomeOf([passed, failed]))), true)
})

test('the table is written between its markers, again and again, and into the page that there is', async (t: TestContext) => {
  const proof = proofOf(outcomeOf([passed]))
  const page = await readFile(documentFile, 'utf8')
  const once = withTable(page, proof)
  t.assert.match(once, /run on 2026-01-02:\n\n\| client \|/)
  t.assert.equal(withTable(once, proof), once)
  t.assert.ok(withTable(page, { ...proof, topology: 'split' }).includes('A process per service, run on 2026-01-02'))
  t.assert.throws(() => withTable('no markers', proof), /markers/)
})

test('options are refused in words', (t: TestContext) => {
  t.assert.deepEqual(parseOptions([]), { topology: 'one', clients, writesTable: true })
  t.assert.equal(parseOptions(['--only', 'openai']).writesTable, false)
  t.assert.throws(() => parseOptions(['--topology', 'three']), /--topology must be one or split/)
  t.assert.throws(() => parseOptions(['--only', 'openai,nobody']), /--only takes a list/)
})
