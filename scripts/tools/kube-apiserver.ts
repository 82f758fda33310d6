import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Tool } from './tool.ts'

const version = '1.35.4'
const etcdVersion = 'v3.6.5'
const operatorModule = 'github.com/prometheus-operator/prometheus-operator@v0.85.0'
const programs = ['k8s.io/kubernetes/cmd/kube-apiserver', 'k8s.io/kubernetes/cmd/kubectl', 'go.etcd.io/etcd/server/v3']
const run = promisify(execFile)

/**
 * The API server of Kubernetes with the store and the client that it needs, built from their source by Go, and the
 * definition of ServiceMonitor: enough to have manifests checked and taken by the real thing, without any node.
 */
export const kubeApiserver: Tool = {
  name: 'kube-apiserver',
  description: `Kubernetes ${version}: API server, etcd and kubectl, for tests/deploy; built with Go in 10 to 20 minutes`,
  find(folder) {
    const file = path.join(placeIn(folder), 'kube-apiserver')
    const others = ['etcd', 'kubectl', 'service-monitor.yaml'].map((name) => path.join(placeIn(folder), name))
    return [file, ...others].every(existsSync) ? file : null
  },
  async get(folder) {
    const place = placeIn(folder)
    const source = path.join(place, 'source')
    await mkdir(source, { recursive: true })
    try {
      await writeModule(source)
      await go(source, ['mod', 'tidy'])
      for (const program of programs)
        await go(source, ['build', '-o', path.join(place, nameOf(program)), ...buildFlags, program])
      await copyServiceMonitor(source, place)
    } catch (cause) {
      throw new Error(`kube-apiserver could not be built; that needs Go 1.25 or newer (https://go.dev): ${cause}`, {
        cause,
      })
    }
    return path.join(place, 'kube-apiserver')
  },
}

const buildFlags = [
  '-trimpath',
  '-ldflags',
  [
    '-s -w',
    `-X k8s.io/component-base/version.gitVersion=v${version}`,
    `-X k8s.io/component-base/version.gitMajor=${version.split('.')[0]}`,
    `-X k8s.io/component-base/version.gitMinor=${version.split('.')[1]}`,
  ].join(' '),
]

function placeIn(folder: string): string {
  return path.join(folder, `kubernetes-${version}`)
}

function nameOf(program: string): string {
  return program.startsWith('go.etcd.io') ? 'etcd' : path.basename(program)
}

/** Kubernetes names the modules of its own repository by folders, which only its repository has; they are published too. */
async function writeModule(source: string): Promise<void> {
  const { Dir: folder } = JSON.parse(await go(source, ['mod', 'download', '-json', `k8s.io/kubernetes@v${version}`]))
  const text = await readFile(path.join(folder, 'go.mod'), 'utf8')
  const published = version.replace(/^1/, 'v0')
  const replaced = [...text.matchAll(/^\s*(\S+) => \.\/staging\//gm)].map(
    ([, name]) => `\t${name} => ${name} ${published}`,
  )
  const module = [
    'module parley.local/tools',
    'go 1.25.0',
    `require (\n\tk8s.io/kubernetes v${version}\n\tgo.etcd.io/etcd/server/v3 ${etcdVersion}\n)`,
    `replace (\n${replaced.join('\n')}\n)`,
  ]
  await writeFile(path.join(source, 'go.mod'), `${module.join('\n\n')}\n`)
  const imports = programs.map((program) => `\t_ "${program}"`).join('\n')
  await writeFile(path.join(source, 'tools.go'), `//go:build tools\n\npackage tools\n\nimport (\n${imports}\n)\n`)
}

async function copyServiceMonitor(source: string, place: string): Promise<void> {
  const { Dir: folder } = JSON.parse(await go(source, ['mod', 'download', '-json', operatorModule]))
  const definition = 'example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml'
  await copyFile(path.join(folder, definition), path.join(place, 'service-monitor.yaml'))
}

async function go(folder: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, GOFLAGS: '-buildvcs=false', GOWORK: 'off' }
  const { stdout } = await run('nice', ['-n', '10', 'go', ...args], { cwd: folder, env, maxBuffer: 64 * 1024 * 1024 })
  return stdout
}
