// npm run rollout -- --process gateway --image parley/gateway:0.2.0 --prometheus http://prometheus:9090
//   gives a new image to one pod, compares it with the others, then to all; or goes back (exit code 1)
// npm run rollout -- --analyse-only --process gateway --prometheus http://prometheus:9090
//   only compares (exit code 0: promote, 1: roll back, 2: nothing can be said)
//   --for 10m --every 30s --window 5m --requests-min 100 --namespace parley
import { execFile } from 'node:child_process'
import { parseArgs } from 'node:util'
import { analyse, type Verdict } from './rollout/analyse.ts'
import { canaryName } from './rollout/canary.ts'
import { askPrometheus } from './rollout/prometheus.ts'
import { type Kubectl, rollOut } from './rollout/roll-out.ts'

const { values } = parseArgs({
  options: {
    process: { type: 'string' },
    image: { type: 'string' },
    prometheus: { type: 'string' },
    namespace: { type: 'string', default: 'parley' },
    for: { type: 'string', default: '10m' },
    every: { type: 'string', default: '30s' },
    window: { type: 'string', default: '5m' },
    'requests-min': { type: 'string', default: '100' },
    'analyse-only': { type: 'boolean', default: false },
  },
})

const exitCodes = { promote: 0, 'roll-back': 1, inconclusive: 2 } as const
const tell = (line: string) => console.log(`${new Date().toISOString()} ${line}`)

if (values.process === undefined || values.prometheus === undefined) {
  console.error('--process and --prometheus are needed')
  process.exitCode = 2
} else if (values['analyse-only']) {
  const { decision, reasons } = await compare(values.process, values.prometheus, 'canary')
  for (const reason of reasons) tell(reason)
  tell(decision)
  process.exitCode = exitCodes[decision]
} else if (values.image === undefined) {
  console.error('--image is needed')
  process.exitCode = 2
} else {
  const { process: name, prometheus, image } = values
  const isThere = await rollOut({
    kubectl,
    process: name,
    image,
    analyse: (stage) => compare(name, prometheus, stage),
    tell,
  })
  process.exitCode = isThere ? 0 : 1
}

/** Pods are told apart by their names, which Prometheus adds to what it reads from them. */
function compare(name: string, prometheus: string, stage: 'canary' | 'promoted'): Promise<Verdict> {
  const where = `namespace="${values.namespace}"`
  const canary = `${where},pod=~"${canaryName(name)}-.*"`
  const others = `${where},pod=~"${name}-.*",pod!~"${canaryName(name)}-.*"`
  return analyse({
    ask: askPrometheus(prometheus),
    canary: stage === 'canary' ? canary : others,
    stable: others,
    window: values.window,
    durationMs: milliseconds(values.for),
    intervalMs: milliseconds(values.every),
    requestsMin: Number(values['requests-min']),
    tell,
  })
}

function kubectl(args: Parameters<Kubectl>[0], input?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const all = [`--namespace=${values.namespace}`, ...args]
    const child = execFile('kubectl', all, { maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`kubectl ${args[0]}: ${stderr.trim() || error.message}`))
    })
    child.stdin?.end(input)
  })
}

function milliseconds(text: string): number {
  const [, amount, unit = ''] = /^(\d+)(s|m|h)$/.exec(text) ?? []
  if (amount === undefined) throw new Error(`${text} is no duration: 30s, 10m, 1h`)
  return Number(amount) * 1_000 * ({ s: 1, m: 60, h: 3_600 }[unit] ?? 1)
}
