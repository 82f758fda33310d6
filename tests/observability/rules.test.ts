import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { suite, type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { findPrometheusProgram } from '../../scripts/tools/prometheus.ts'
import { repositoryFolder } from '../harness/spawned-program.ts'
import { prometheusSkip } from './prometheus.ts'

const folder = `${repositoryFolder}deploy/prometheus/`
const read = (path: string) => readFileSync(`${repositoryFolder}${path}`, 'utf8')
const filesIn = (name: string) => readdirSync(`${folder}${name}`).map((file) => `${folder}${name}/${file}`)

interface Rule {
  readonly name: string
  readonly text: string
}

const alerts: Rule[] = read('deploy/prometheus/rules/alerts.yml')
  .split(/^ +- alert: /m)
  .slice(1)
  .map((text) => ({ name: text.slice(0, text.indexOf('\n')), text }))

suite('rules for Prometheus', { skip: prometheusSkip }, () => {
  const promtool = (...args: string[]) => promisify(execFile)(findPrometheusProgram('promtool') ?? '', args)

  test('promtool finds no fault with them', async (t: TestContext) => {
    await t.assert.doesNotReject(promtool('check', 'rules', ...filesIn('rules')))
  })

  test('the configurations beside them are in order', async (t: TestContext) => {
    // Debian's build knows nothing of Kubernetes, so its configuration is left to the cluster's own Prometheus.
    for (const name of ['prometheus', 'machine']) {
      await t.assert.doesNotReject(promtool('check', 'config', `${folder}${name}.yml`))
    }
  })

  test('they do what their tests say', async (t: TestContext) => {
    await t.assert.doesNotReject(promtool('test', 'rules', ...filesIn('tests')))
  })
})

test('every alert is tested', (t: TestContext) => {
  const tests = filesIn('tests')
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n')
  t.assert.ok(alerts.length > 20)
  t.assert.deepStrictEqual(
    alerts.filter(({ name }) => !tests.includes(`alertname: ${name}\n`)).map(({ name }) => name),
    [],
  )
})

test('every alert has a severity and a place in the runbook that is there', (t: TestContext) => {
  const anchors = new Set(
    [...read('docs/guides/runbook.md').matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => title.toLowerCase()),
  )
  for (const { name, text } of alerts) {
    t.assert.match(text, /severity: (page|ticket|info)/, name)
    const anchor = /runbook: docs\/guides\/runbook\.md#(\S+)/.exec(text)?.[1] ?? 'none'
    t.assert.ok(anchors.has(anchor), `${name}: the runbook has no '${anchor}'`)
  }
})

test('an alert that wakes somebody waits for less than a minute itself', (t: TestContext) => {
  for (const { name, text } of alerts.filter((alert) => alert.text.includes('severity: page'))) {
    const seconds = Number(/for: (\d+)s/.exec(text)?.[1] ?? 0)
    t.assert.ok(seconds <= 45, name)
  }
})
